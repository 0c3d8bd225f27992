import type { NodeId } from "../graph/node.ts";
import type { Holder } from "./outcome.ts";

/** What was done to a mount that is left. */
export interface SavedMount {
  readonly node: NodeId;
  readonly target: string;
  readonly readOnly: boolean;
  /** It refuses all I/O, because it could not be made read-only. */
  readonly shutDown: boolean;
  readonly synced: boolean;
  readonly holders: readonly Holder[];
  /** Kernel modules that may hold it; listed only if no other holder was found. */
  readonly modules: readonly string[];
  /** Layers on it that are left and keep it busy too. */
  readonly layers: readonly NodeId[];
}
