import { type Node, nodeKindOf } from "../../kinds/kinds.ts";
import { type Graph, getNode } from "../graph/graph.ts";
import type { NodeId } from "../graph/node.ts";
import { mountNodeId } from "../graph/node-id.ts";

/**
 * The graph without the edges from PID 1's own mounts to the mounts below them: the pivot moves PID
 * 1's mounts, so they no longer hold those.
 */
export function dropOwnMountEdges(graph: Graph<Node>, own: ReadonlySet<NodeId>): Graph<Node> {
  const backings = new Map(graph.backings);
  for (const id of own) {
    const node = graph.nodes.get(id);
    if (node?.kind !== "mount") throw new Error(`no mount ${id}`);
    const place = mountNodeId(node.mount.parentId);
    if (own.has(place)) continue;
    backings.set(
      id,
      (graph.backings.get(id) ?? []).filter((backing) => backing !== place),
    );
  }
  return { nodes: graph.nodes, backings };
}

/** The graph without the edges from holders that are only suspected. */
export function dropSuspects(graph: Graph<Node>): Graph<Node> {
  const isSuspected = (backing: NodeId): boolean =>
    nodeKindOf(getNode(graph, backing)).hasSuspects === true;
  const backings = new Map<NodeId, readonly NodeId[]>();
  for (const [holder, list] of graph.backings) {
    backings.set(
      holder,
      list.filter((backing) => !isSuspected(backing)),
    );
  }
  return { nodes: graph.nodes, backings };
}
