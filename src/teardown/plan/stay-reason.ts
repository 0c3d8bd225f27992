import type { NodeId } from "../graph/node.ts";

/** Why a node is not released. */
export type StayReason =
  /** PID 1 itself runs on it. */
  | { readonly kind: "own" }
  /** A real disk or partition: the kernel shuts it down. */
  | { readonly kind: "hardware" }
  /** A node that is left depends on it. */
  | { readonly kind: "held"; readonly by: readonly NodeId[] }
  /** A swap whose pages do not fit into memory. */
  | { readonly kind: "no-memory" }
  /** Only a tool that the image lacks can release it. */
  | { readonly kind: "no-tool"; readonly tool: string }
  /** A device that must be asked in order to release it did not answer. */
  | { readonly kind: "mute" }
  /** Disabled by the administrator. */
  | { readonly kind: "policy" }
  /** A driver of a version whose interface we do not know. */
  | { readonly kind: "unknown-version"; readonly version: string }
  /** Part of a cycle, see `Plan.cycles`. */
  | { readonly kind: "cycle" };
