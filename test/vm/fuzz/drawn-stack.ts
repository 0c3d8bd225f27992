import fc from "fast-check";
import { type FaultName, faultNames } from "./fault-kinds.ts";
import { type LayerKind, layerKinds } from "./layers.ts";

/** One randomly drawn layer. Its backings are picked from what earlier layers offer. */
export interface DrawnLayer {
  readonly kind: LayerKind;
  /** Indices into the list of offers, newest first, modulo its length. */
  readonly picks: readonly number[];
  /** Selects a form of the kind: a level, a format, a cipher. */
  readonly variant: number;
  /** The target of a mount: 0 for a directory of its own, otherwise in or over an earlier mount. */
  readonly place: number;
}

export interface DrawnStack {
  readonly layers: readonly DrawnLayer[];
  /** The mount held by a process that is never killed; null for none. */
  readonly held: number | null;
  /** The mounts held by processes that are killed like all others. */
  readonly workers: readonly number[];
  /** The faults that occur once the stack is complete. */
  readonly faults?: readonly DrawnFault[];
}

export interface DrawnFault {
  readonly kind: FaultName;
  /** Selects what it hits. */
  readonly pick: number;
}

const MAX_PICK = 11;

// Usually the newest offer, to get high stacks and not only many low ones.
const pick = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat({ max: MAX_PICK }) },
);

// Each of these takes as long as all other layers of a stack together.
const slowKinds = layerKinds.filter((kind) => kind.startsWith("lvm"));
const quickKinds = layerKinds.filter((kind) => !kind.startsWith("lvm"));

const drawnLayer: fc.Arbitrary<DrawnLayer> = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...quickKinds) },
    { weight: 1, arbitrary: fc.constantFrom(...slowKinds) },
  ),
  picks: fc.tuple(pick, pick, pick, pick),
  variant: fc.nat({ max: MAX_PICK }),
  place: pick,
});

const MAX_LAYERS = 16;
const FEW_LAYERS = 8;

function drawLayers(maxLength: number): fc.Arbitrary<readonly DrawnLayer[]> {
  return fc.array(drawnLayer, { minLength: 1, maxLength, size: "max" });
}

/** Any storage stack that one machine can build. */
export const drawnStack: fc.Arbitrary<DrawnStack> = fc.record({
  // Most defects need few layers, and small stacks take less time.
  layers: fc.oneof(
    { weight: 3, arbitrary: drawLayers(FEW_LAYERS) },
    { weight: 2, arbitrary: drawLayers(MAX_LAYERS) },
  ),
  held: fc.option(fc.nat({ max: MAX_PICK }), { freq: 3 }),
  workers: fc.array(fc.nat({ max: MAX_PICK }), { maxLength: 2 }),
});

const drawnFault: fc.Arbitrary<DrawnFault> = fc.record({
  kind: fc.constantFrom(...faultNames),
  pick: fc.nat({ max: MAX_PICK }),
});

/** Any stack of several layers, and one or two faults once it is complete. */
export const drawnFaultyStack: fc.Arbitrary<DrawnStack> = fc.record({
  layers: drawLayers(FEW_LAYERS),
  held: fc.constant(null),
  workers: fc.array(fc.nat({ max: MAX_PICK }), { maxLength: 1 }),
  faults: fc.uniqueArray(drawnFault, { minLength: 1, maxLength: 2, selector: ({ kind }) => kind }),
});
