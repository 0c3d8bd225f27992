import { indexGraph, successors } from "./adjacency.ts";
import type { Graph } from "./graph.ts";
import type { NodeId } from "./node.ts";

/** Maps each backing to its holders, sorted. */
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
