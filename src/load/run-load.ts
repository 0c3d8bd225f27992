import type { Measurement } from "../image/tpm/measurement.ts";
import { stringifyMeasurement } from "../image/tpm/measurement-text.ts";
import { accept, refuse } from "../text/checked.ts";
import { addLoaded, listLoaded } from "./add-loaded.ts";
import type { LoadPorts } from "./load-ports.ts";
import type { LoadResult } from "./load-request.ts";
import { measureAll } from "./measure.ts";
import { attachSealed, type SealedBy, withSealed } from "./place-sealed.ts";
import {
  attachTree,
  type Placed,
  proveTree,
  type TreeType,
  withDirectory,
  withTree,
} from "./place-tree.ts";
import { type LoadPlan, listAdditions, type Placement } from "./plan-load.ts";
import { withBeside } from "./write-beside.ts";

/**
 * Carries out the plan. First a tree is filled, including the expected record of the measurement,
 * then the image is measured, then the tree is attached: after a PCR has been extended, nothing
 * that allocates memory can fail. The tree appears in one step: if this process is killed, there is
 * either a complete tree at the target or none.
 */
export function runLoad(plan: LoadPlan, ports: LoadPorts): LoadResult {
  if (plan.kind === "refuse") return { kind: "failed", failure: plan.failure };
  const { manifest, extensions } = plan;
  if (plan.kind === "keep") return { kind: "already", manifest, extensions };
  const placed = place(plan, ports);
  if (placed.ok)
    return { kind: "loaded", manifest, extensions, trust: plan.trust, ...placed.value };
  if (placed.problem.kind === "kept") return { kind: "already", manifest, extensions };
  return { kind: "failed", failure: placed.problem };
}

interface Mounted {
  readonly measurement: Measurement;
  readonly fsType: TreeType | "erofs";
  readonly sealedBy: SealedBy | undefined;
}

/** Why a filled tree is not attached although nothing failed. */
interface Otherwise {
  readonly kind: "measured-otherwise";
  readonly measurement: Measurement;
}

function place(plan: Placement, ports: LoadPorts): Placed<Mounted, { readonly kind: "kept" }> {
  const { expected } = plan.measuring;
  const placed = withFilled<Otherwise>(plan, expected, ports, (attach) => {
    const measurement = measureAll(plan.measuring, ports);
    if (isSame(measurement, expected)) return attach();
    return refuse({ kind: "measured-otherwise", measurement });
  });
  if (placed.ok) return placed;
  const { problem } = placed;
  if (problem.kind !== "measured-otherwise") return refuse(problem);
  const { measurement } = problem;
  if (measurement.kind === "unmeasured") {
    if (plan.unmeasured === "keep") return refuse({ kind: "kept" });
    const { reason } = measurement;
    const { name: image } = plan;
    if (plan.unmeasured === "refuse") return refuse({ kind: "not-measured", image, reason });
  }
  // Fill another tree with the actual result: a filled tree is read-only.
  return withFilled<never>(plan, measurement, ports, (attach) => attach());
}

function isSame(one: Measurement, other: Measurement): boolean {
  return stringifyMeasurement(one) === stringifyMeasurement(other);
}

/**
 * Creates everything needed at the target, with `measurement` on record. It is removed again
 * unless `use` attaches it.
 */
function withFilled<P>(
  plan: Placement,
  measurement: Measurement,
  ports: LoadPorts,
  use: (attach: () => Placed<Mounted>) => Placed<Mounted, P>,
): Placed<Mounted, P> {
  const { target, occupant, image, kept, shown } = plan;
  const { sealed } = image;
  const additions = listAdditions(plan, measurement);
  const { sha256 } = ports.codec;
  const finish = (mounted: Omit<Mounted, "measurement">): Placed<Mounted> => {
    const proven = proveTree(target, ports);
    return proven.ok ? accept({ measurement, ...mounted }) : proven;
  };
  if (sealed === undefined) {
    const entries = addLoaded(image, [...kept, ...additions], sha256);
    return withTree(target, entries, ports, ({ tree, fsType }) =>
      withDirectory(target, occupant, ports, () =>
        use(() => {
          const attached = attachTree(tree, target, occupant, ports, shown);
          return attached.ok ? finish({ fsType, sealedBy: undefined }) : attached;
        }),
      ),
    );
  }
  const beside = [...additions, listLoaded(image, additions, sha256)];
  return withSealed(target, sealed, ports, (mounts) =>
    withBeside(target, beside, ports, () =>
      withDirectory(target, occupant, ports, () =>
        use(() => {
          const attached = attachSealed(mounts, target, occupant, ports);
          return attached.ok ? finish({ fsType: "erofs", sealedBy: attached.value }) : attached;
        }),
      ),
    ),
  );
}
