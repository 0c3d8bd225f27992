import { type Node, nodeKindOf } from "../../kinds/kinds.ts";
import { leadApiMounts } from "../../kinds/mount/api-groups.ts";
import type { Graph } from "../graph/graph.ts";
import type { NodeId } from "../graph/node.ts";

/**
 * Which step releases what: node → the node whose step takes it along. API
 * mounts go with the API mount that they hang from, partitions with their
 * loop device or array, zvols with their pool, disks with their session, volumes with their
 * DRBD resource, what `groups` names with its mount that hung, all others by themselves.
 *
 * The members of a group have no backing outside it, so that grouping creates no new cycles.
 */
export function findLeaders(
  graph: Graph<Node>,
  stays: ReadonlyMap<NodeId, unknown>,
  groups: ReadonlyMap<NodeId, NodeId>,
): ReadonlyMap<NodeId, NodeId> {
  const going = [...graph.nodes.values()].filter((node) => !stays.has(node.id));
  const leaders = new Map<NodeId, NodeId>();
  for (const node of going) leaders.set(node.id, findWhole(graph, node));
  leadApiMounts(graph, going, leaders);
  for (const node of going) {
    const top = groups.get(node.id);
    if (top !== undefined && !stays.has(top)) leaders.set(node.id, top);
  }
  return leaders;
}

/** A zvol's partition is released with the zvol, and both with the pool; likewise a session's disk. */
function findWhole(graph: Graph<Node>, node: Node): NodeId {
  if (nodeKindOf(node).goesWithBacking !== true) return node.id;
  const [below, another] = graph.backings.get(node.id) ?? [];
  const whole = below === undefined || another !== undefined ? undefined : graph.nodes.get(below);
  return whole === undefined ? node.id : findWhole(graph, whole);
}
