import type { Step } from "../../kinds/kinds.ts";
import type { NodeId } from "../graph/node.ts";
import type { StayReason } from "./stay-reason.ts";

/** One step and the steps it has to wait for. */
export interface PlannedStep {
  readonly step: Step;
  /** The node that it releases. */
  readonly node: NodeId;
  /** Further nodes released by it, such as the mounts below a lazily unmounted API mount. */
  readonly also: readonly NodeId[];
  /** Indices into `Plan.steps`, all smaller than this step's own. */
  readonly after: readonly number[];
}

export interface Stay {
  readonly node: NodeId;
  readonly reason: StayReason;
}

/** The ordered steps, what is left and why, and the cycles. All lists are sorted. */
export interface Plan {
  /** In a valid sequential order; steps that are independent by `after` may run in parallel. */
  readonly steps: readonly PlannedStep[];
  readonly stays: readonly Stay[];
  /**
   * Each cycle that no kind has a rule for, its nodes sorted; its
   * mounts are remounted read-only instead of released.
   */
  readonly cycles: readonly (readonly NodeId[])[];
}

/**
 * Counts the nodes to be released, including those that are left for now but may become free when
 * a cycle is broken.
 */
export function countNodes({ steps, stays }: Plan): number {
  const left = stays.filter(({ reason }) => reason.kind !== "own" && reason.kind !== "hardware");
  return steps.reduce((sum, planned) => sum + 1 + planned.also.length, left.length);
}
