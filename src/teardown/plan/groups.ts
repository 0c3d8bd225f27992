import { isApiMount } from "../../kinds/file-systems.ts";
import type { Graph } from "../graph/graph.ts";
import { findParent, indexMounts, listParentsFirst } from "../graph/mount-index.ts";
import type { Node, NodeId } from "../graph/node.ts";
import { mountNodeId } from "../graph/node-id.ts";

/**
 * Which step releases what: node → the node whose step takes it along. API
 * mounts go with the API mount that they hang from, partitions with their
 * loop device or array, zvols with their pool, disks with their session, volumes with their
 * DRBD resource, all others by themselves.
 *
 * Whoever goes with another lies on nothing else, so that taking them together
 * makes no cycle that was not there.
 */
export function findLeaders(
  graph: Graph,
  stays: ReadonlyMap<NodeId, unknown>,
): ReadonlyMap<NodeId, NodeId> {
  const going = [...graph.nodes.values()].filter((node) => !stays.has(node.id));
  const leaders = new Map<NodeId, NodeId>();
  for (const node of going) {
    leaders.set(node.id, findWhole(graph, node));
  }
  leadApiMounts(graph, going, leaders);
  return leaders;
}

function leadApiMounts(graph: Graph, going: readonly Node[], leaders: Map<NodeId, NodeId>): void {
  const index = indexMounts(going.flatMap((node) => (isApiMount(node) ? [node.mount] : [])));
  for (const mount of listParentsFirst(index)) {
    const parent = findParent(index, mount);
    // umount2(2) of a place takes the topmost mount there: a stack needs a step each.
    if (parent === undefined || parent.target === mount.target) continue;
    const id = mountNodeId(mount.id);
    const parentId = mountNodeId(parent.id);
    if (onlyBacking(graph, id) === parentId) leaders.set(id, leaders.get(parentId) ?? parentId);
  }
}

/** A zvol's partition goes with the zvol, and both with the pool; so with a session's disk. */
function findWhole(graph: Graph, node: Node): NodeId {
  if (!["partition", "zvol", "remote", "drbd-volume"].includes(node.kind)) return node.id;
  const below = onlyBacking(graph, node.id);
  const whole = below === undefined ? undefined : graph.nodes.get(below);
  return whole === undefined ? node.id : findWhole(graph, whole);
}

function onlyBacking(graph: Graph, id: NodeId): NodeId | undefined {
  const backings = graph.backings.get(id) ?? [];
  return backings.length === 1 ? backings[0] : undefined;
}
