import type { ZfsPolicy } from "../../text/policies.ts";
import type { NodeId } from "../graph/node.ts";

/** Which mounts belong to PID 1 itself; everything else is released. */
export type Perspective =
  /** Inside the exitrd: the tree at "/" is ours, the old root is at /oldroot. */
  | "exitrd"
  /** On the running machine, to predict what the exitrd will do. */
  | "running";

export interface Policy {
  readonly perspective: Perspective;
  /** Storage daemons have been killed: do not wait for their answers. */
  readonly serversEnded?: boolean;
  /** Nothing else helped: what is only suspected to hold something does not keep it any longer. */
  readonly isLastAttempt?: boolean;
  /** Mounts that are detached although something keeps them busy (`kinds/mount/list-kept.ts`). */
  readonly detached?: ReadonlySet<NodeId>;
  /** What these use: it stays. */
  readonly inUse?: ReadonlySet<NodeId>;
  /** Nodes whose step hung before. */
  readonly hung?: ReadonlySet<NodeId>;
  /** The mounts among them that hung even while they were being detached. */
  readonly stuck?: ReadonlySet<NodeId>;
  /** "export" if absent. */
  readonly zfs?: ZfsPolicy;
}

/** The policy according to the settings. */
export function makePolicy(
  perspective: Perspective,
  settings: { readonly zfs?: ZfsPolicy },
): Policy {
  return { perspective, zfs: settings.zfs ?? "export" };
}
