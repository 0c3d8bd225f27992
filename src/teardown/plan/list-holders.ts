import { indexGraph, successors } from "../graph/adjacency.ts";
import type { Graph } from "../graph/graph.ts";
import type { NodeId } from "../graph/node.ts";

/** backing → its holders, sorted. */
export function listHolders(graph: Graph): ReadonlyMap<NodeId, readonly NodeId[]> {
  const { ids, holders } = indexGraph(graph);
  const listed = new Map<NodeId, readonly NodeId[]>();
  ids.forEach((id, index) => {
    listed.set(
      id,
      Array.from(successors(holders, index), (holder) => ids[holder] ?? ""),
    );
  });
  return listed;
}
