import type { EdgeList } from "./edges.ts";
import { findCycles } from "./find-cycles.ts";
import type { Graph } from "./graph.ts";
import type { Node, NodeId } from "./node.ts";

/**
 * Makes the graph of certain edges and guesses. Where several mounts may be
 * the one that holds a file, the real one cannot lie on the file's own user:
 * of a holder's guesses, those that close a cycle are dropped if others do not.
 */
export function settleGuesses(nodes: ReadonlyMap<NodeId, Node>, edges: EdgeList): Graph {
  const all = joinEdges(nodes, edges.certain, edges.guesses);
  if (edges.guesses.size === 0) return all;
  const cycleOf = new Map<NodeId, number>();
  findCycles(all).forEach((cycle, number) => {
    for (const id of cycle) cycleOf.set(id, number);
  });
  const kept = new Map<NodeId, readonly NodeId[]>();
  for (const [holder, guesses] of edges.guesses) {
    const cycle = cycleOf.get(holder);
    const harmless = guesses.filter((id) => cycle === undefined || cycleOf.get(id) !== cycle);
    kept.set(holder, harmless.length > 0 ? harmless : guesses);
  }
  return joinEdges(nodes, edges.certain, kept);
}

function joinEdges(
  nodes: ReadonlyMap<NodeId, Node>,
  certain: ReadonlyMap<NodeId, readonly NodeId[]>,
  guesses: ReadonlyMap<NodeId, readonly NodeId[]>,
): Graph {
  const backings = new Map<NodeId, readonly NodeId[]>();
  for (const id of nodes.keys()) {
    const sure = certain.get(id) ?? [];
    const maybe = guesses.get(id) ?? [];
    const single = sure.length < 2 && maybe.length === 0;
    backings.set(id, single ? sure : [...new Set([...sure, ...maybe])].sort());
  }
  return { nodes, backings };
}
