import type { NodeId } from "../graph/node.ts";
import type { Step } from "./step.ts";

/** One step and what has to be gone before it. */
export interface PlannedStep {
  readonly step: Step;
  /** The node that it releases. */
  readonly node: NodeId;
  /** Further nodes that go with it: what lies below a lazily unmounted API mount. */
  readonly also: readonly NodeId[];
  /** Indices into `Plan.steps`, all smaller than this step's own. */
  readonly after: readonly number[];
}

/** Why a node is not released. */
export type StayReason =
  /** PID 1 itself runs on it. */
  | { readonly kind: "own" }
  /** A real disk or partition: nothing to take apart, the kernel shuts it down. */
  | { readonly kind: "hardware" }
  /** Something that stays lies on it. */
  | { readonly kind: "held"; readonly by: readonly NodeId[] }
  /** A swap whose pages memory cannot take back. */
  | { readonly kind: "no-memory" }
  /** What only a tool releases that the image lacks. */
  | { readonly kind: "no-tool"; readonly tool: string }
  /** What it would take to release it did not answer. */
  | { readonly kind: "mute" }
  /** The administrator's wish. */
  | { readonly kind: "policy" }
  /** A driver of a version whose interface we do not know. */
  | { readonly kind: "unknown-version"; readonly version: string }
  /** Part of a cycle, see `Plan.cycles`. */
  | { readonly kind: "cycle" };

export interface Stay {
  readonly node: NodeId;
  readonly reason: StayReason;
}

/** The ordered steps, what stays and why, and the cycles found. All data, all sorted. */
export interface Plan {
  /** In an order that may be run one by one; steps independent by `after` may run side by side. */
  readonly steps: readonly PlannedStep[];
  readonly stays: readonly Stay[];
  /**
   * Each cycle that `break-cycles.ts` has no rule for, its nodes sorted; its
   * mounts are remounted read-only instead of released.
   */
  readonly cycles: readonly (readonly NodeId[])[];
}
