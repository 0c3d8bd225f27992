import type { Graph } from "../../teardown/graph/graph.ts";
import { indexMounts, listParentsFirst } from "../../teardown/graph/mount-index.ts";
import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Policy } from "../../teardown/plan/policy.ts";
import { findServer, hasServer } from "../file-systems.ts";
import { isMountNode, type MountNode } from "./node.ts";

/** A graph in which mounts that hung do not wait for the mounts on them. */
export interface Detached<N extends AnyNode> {
  readonly graph: Graph<N>;
  /** A mount that is released together with another one → that one, which is detached. */
  readonly groups: ReadonlyMap<NodeId, NodeId>;
  /** Mounts whose server a hung mount waits for are hung as well. */
  readonly policy: Policy;
}

/**
 * Detaches mounts whose unmount hung (MNT_DETACH), so that the mounts below can be released.
 * Everything that is mounted on them is detached in the same call, which needs no lookup: its own
 * path leads through the dead file system.
 *
 * A mount with a server is tried again after the storage daemons were stopped, when MNT_FORCE aborts
 * the requests that still wait for the server.
 */
export function detachHung<N extends AnyNode>(graph: Graph<N>, given: Policy): Detached<N> {
  const groups = new Map<NodeId, NodeId>();
  const { hung = new Set<NodeId>() } = given;
  if (hung.size === 0 && given.detached === undefined) return { graph, groups, policy: given };
  const mounts = new Map<NodeId, MountNode>();
  for (const node of graph.nodes.values()) if (isMountNode(node)) mounts.set(node.id, node);
  const blamed = [...hung].flatMap((id) => findBlamed(listPath(id, mounts), given));
  // A device or swap may hang because of the server of the mount that its file is on.
  const pins = new Set([...hung].filter((id) => /^(?:block|swap):/.test(id)));
  // The set grows in the loop.
  for (const pin of pins) {
    for (const id of graph.backings.get(pin) ?? []) {
      const node = mounts.get(id);
      if (node === undefined) pins.add(id);
      else if (hasServer(node.mount.fsType)) blamed.push(id);
    }
  }
  const policy = { ...given, hung: new Set([...hung, ...blamed]) };
  const index = indexMounts([...mounts.values()].map(({ mount }) => mount));
  for (const { id: number, parentId } of listParentsFirst(index)) {
    const node = mounts.get(mountNodeId(number));
    if (node === undefined) throw new Error(`no mount ${number}`);
    const above = groups.get(mountNodeId(parentId));
    if (above !== undefined) groups.set(node.id, above);
    else if (isDetached(node, policy)) groups.set(node.id, node.id);
  }
  const isPin = (id: NodeId): boolean =>
    pins.has(id) || (given.isLastAttempt === true && !mounts.has(id));
  const backings = moveEdges(graph, groups, isPin);
  return { graph: { nodes: graph.nodes, backings }, groups, policy };
}

/**
 * Gives the edges of the members of a group to its top, which is their only backing. What has a file
 * open there (`isPin`) and is not released does not keep it.
 */
function moveEdges(
  graph: Graph,
  groups: ReadonlyMap<NodeId, NodeId>,
  isPin: (id: NodeId) => boolean,
): Graph["backings"] {
  const moved = new Map<NodeId, Set<NodeId>>();
  const move = (id: NodeId): NodeId => groups.get(id) ?? id;
  for (const [holder, list] of graph.backings) {
    const top = move(holder);
    const own = moved.get(top) ?? new Set();
    for (const id of list) {
      if (move(id) !== top && !(groups.has(id) && isPin(holder))) own.add(move(id));
    }
    moved.set(top, own);
    if (top !== holder) moved.set(holder, new Set([top]));
  }
  // Each is sorted only once: thousands of devices may be below one hung mount.
  return new Map([...moved].map(([id, backings]) => [id, [...backings].sort()]));
}

/**
 * Finds the mounts whose server a hung unmount waits for, because its path leads through them: not
 * even a lookup returns while that server does not answer.
 *
 * An unmount may also wait for its own disk or server. A mount on its path is therefore blamed only
 * if it has the same server, or if even detaching hung, which needs neither disk nor server. If the
 * hung mount is gone by now, its path is not blamed: the unmount hung while it wrote data back.
 */
function findBlamed([mount, ...path]: readonly MountNode[], { stuck }: Policy): readonly NodeId[] {
  if (mount === undefined) return [];
  const server = serverOf(mount);
  const isByPath = stuck?.has(mount.id) === true;
  return path
    .filter((node) => hasServer(node.mount.fsType))
    .filter((node) => isByPath || (server !== undefined && server === serverOf(node)))
    .map((node) => node.id);
}

function serverOf({ mount }: MountNode): string | undefined {
  return findServer(mount.fsType, mount.source);
}

/** Lists a mount, the mount that it is mounted on, and so on up to the root. */
function listPath(id: NodeId, mounts: ReadonlyMap<NodeId, MountNode>): readonly MountNode[] {
  const path: MountNode[] = [];
  const seen = new Set<NodeId>();
  for (let at = mounts.get(id); at !== undefined && !seen.has(at.id); ) {
    seen.add(at.id);
    path.push(at);
    at = mounts.get(mountNodeId(at.mount.parentId));
  }
  return path;
}

/** Whether to detach a mount although its file system stays active. */
export function isDetached({ id, mount }: MountNode, policy: Policy): boolean {
  if (policy.detached?.has(id) === true) return true;
  if (policy.hung?.has(id) !== true) return false;
  return !hasServer(mount.fsType) || policy.serversEnded === true;
}
