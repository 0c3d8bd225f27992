import { type Node, nodeKindOf } from "../../kinds/kinds.ts";
import { leadApiMounts } from "../../kinds/mount/api-groups.ts";
import type { Graph } from "../graph/graph.ts";
import type { NodeId } from "../graph/node.ts";

/**
 * Maps each node to the node whose step releases it. An API mount is released with the API mount
 * that it is mounted on, a partition with its loop device or array, a zvol with its pool, a disk
 * with its session, a volume with its DRBD resource, and a mount in `groups` with the one that
 * hung. All others have steps of their own.
 *
 * No member of a group has a backing outside it, so that grouping creates no new cycles.
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
