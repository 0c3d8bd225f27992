import fc from "fast-check";
import { type LayerKind, layerKinds } from "./layers.ts";

/** One layer as it was drawn: what it lies on is picked among what earlier layers offer. */
export interface DrawnLayer {
  readonly kind: LayerKind;
  /** Places in the list of what is on offer, the newest first; taken modulo its length. */
  readonly picks: readonly number[];
  /** Chooses between the forms of a kind: a level, a format, a cipher. */
  readonly variant: number;
  /** Where a mount goes: 0 for a directory of its own, else in or over an earlier mount. */
  readonly place: number;
}

export interface DrawnStack {
  readonly layers: readonly DrawnLayer[];
  /** Which mount a process holds that nobody ends; null for none. */
  readonly held: number | null;
  /** Which mounts have a process in them that is killed like any other. */
  readonly workers: readonly number[];
}

const MAX_PICK = 11;

// The newest most of the time: towers, not just a field of huts.
const pick = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat({ max: MAX_PICK }) },
);

// Each takes as long as all others of a stack together.
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

/** Any stack of storage that one machine can hold. */
export const drawnStack: fc.Arbitrary<DrawnStack> = fc.record({
  // Most defects need few, and those take less time.
  layers: fc.oneof(
    { weight: 3, arbitrary: drawLayers(FEW_LAYERS) },
    { weight: 2, arbitrary: drawLayers(MAX_LAYERS) },
  ),
  held: fc.option(fc.nat({ max: MAX_PICK }), { freq: 3 }),
  workers: fc.array(fc.nat({ max: MAX_PICK }), { maxLength: 2 }),
});
