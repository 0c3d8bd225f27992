import type { ZfsPolicy } from "../../text/policies.ts";
import type { NodeId } from "../graph/node.ts";

/** Which mounts belong to PID 1 itself; everything else has to go. */
export type Perspective =
  /** Inside the exitrd: the tree at "/" is ours, the old root is at /oldroot. */
  | "exitrd"
  /** On the running machine, to foretell what the exitrd will do. */
  | "running";

export interface Policy {
  readonly perspective: Perspective;
  /** Storage daemons have been ended: nothing is to wait for an answer of theirs. */
  readonly serversEnded?: boolean;
  /** Nodes whose step hung before. */
  readonly hung?: ReadonlySet<NodeId>;
  /** "export" where it is absent. */
  readonly zfs?: ZfsPolicy;
}

/** What the settings leave to the plan. */
export function makePolicy(
  perspective: Perspective,
  settings: { readonly zfs?: ZfsPolicy },
): Policy {
  return { perspective, zfs: settings.zfs ?? "export" };
}
