import type { Graph } from "../../teardown/graph/graph.ts";
import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Policy } from "../../teardown/plan/policy.ts";
import { hasServer } from "../file-systems.ts";
import { isMountNode, type MountNode } from "./node.ts";

/** A graph in which mounts that hung wait for nothing that is mounted on them. */
export interface Detached<N extends AnyNode> {
  readonly graph: Graph<N>;
  /** Each mount that goes with another → that one, which is detached. */
  readonly groups: ReadonlyMap<NodeId, NodeId>;
}

/**
 * Takes mounts whose unmount hung off the tree by MNT_DETACH, so that what they are mounted on can
 * be released. All that is mounted below goes along, since its path leads through the dead one:
 * the kernel closes it without a look-up.
 *
 * One that a server answers for is left to a later attempt, after the storage daemons have been
 * ended: then MNT_FORCE aborts what still waits for that server.
 */
export function detachHung<N extends AnyNode>(graph: Graph<N>, policy: Policy): Detached<N> {
  const groups = new Map<NodeId, NodeId>();
  const { hung = new Set<NodeId>() } = policy;
  if (hung.size === 0) return { graph, groups };
  const mounts = new Map<NodeId, MountNode>();
  for (const node of graph.nodes.values()) if (isMountNode(node)) mounts.set(node.id, node);
  for (const { id } of mounts.values()) {
    const top = findTop(id, mounts, (node) => isDetached(node, policy));
    if (top !== undefined) groups.set(id, top);
  }
  const backings = new Map<NodeId, readonly NodeId[]>();
  const move = (id: NodeId): NodeId => groups.get(id) ?? id;
  for (const [holder, list] of graph.backings) {
    const top = move(holder);
    const moved = [...(backings.get(top) ?? []), ...list.map(move)].filter((id) => id !== top);
    backings.set(top, [...new Set(moved)].sort());
    if (top !== holder) backings.set(holder, [top]);
  }
  return { graph: { nodes: graph.nodes, backings }, groups };
}

/** Whether to detach a mount although its file system stays active. */
export function isDetached({ id, mount }: MountNode, policy: Policy): boolean {
  if (policy.hung?.has(id) !== true) return false;
  return !hasServer(mount.fsType) || policy.serversEnded === true;
}

/** The outermost mount above one, itself included, for which this holds. */
function findTop(
  id: NodeId,
  mounts: ReadonlyMap<NodeId, MountNode>,
  holds: (node: MountNode) => boolean,
): NodeId | undefined {
  let top: NodeId | undefined;
  const seen = new Set<NodeId>();
  for (let at = mounts.get(id); at !== undefined && !seen.has(at.id); ) {
    seen.add(at.id);
    if (holds(at)) top = at.id;
    at = mounts.get(mountNodeId(at.mount.parentId));
  }
  return top;
}
