import type { Graph } from "./graph.ts";
import type { NodeId } from "./node.ts";

/** All direct and indirect backings of these nodes, including a node only if it backs another. */
export function collectBelow(graph: Graph, ids: readonly NodeId[]): ReadonlySet<NodeId> {
  const seen = new Set<NodeId>();
  const open = [...ids];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const backing of graph.backings.get(id) ?? []) {
      if (seen.has(backing)) continue;
      seen.add(backing);
      open.push(backing);
    }
  }
  return seen;
}
