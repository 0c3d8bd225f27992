import type { NodeId } from "../graph/node.ts";
import type { Holder } from "./outcome.ts";

/** What was done for a mount that stays. */
export interface Kept {
  readonly node: NodeId;
  readonly target: string;
  readonly readOnly: boolean;
  readonly synced: boolean;
  readonly holders: readonly Holder[];
  /** Modules of the kernel of which one may hold it: only where nothing else is found to. */
  readonly modules: readonly string[];
  /** What stays on it, and keeps it busy too. */
  readonly layers: readonly NodeId[];
}
