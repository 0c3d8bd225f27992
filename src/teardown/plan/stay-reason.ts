import type { NodeId } from "../graph/node.ts";

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
