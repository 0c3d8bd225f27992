import type { EdgeList } from "./edges.ts";
import { findCycles } from "./find-cycles.ts";
import type { Graph } from "./graph.ts";
import type { AnyNode, NodeId } from "./node.ts";

/**
 * Builds the graph from certain, guessed and doubtful edges. If several mounts may contain a file,
 * the real one cannot depend on the user of the file:
 * a guessed edge that closes a cycle is dropped unless all of its holder's guesses
 * do. A doubtful edge that closes a cycle is always dropped.
 */
export function settleGuesses<N extends AnyNode>(
  nodes: ReadonlyMap<NodeId, N>,
  edges: EdgeList,
): Graph<N> {
  const { certain, guesses, doubts } = edges;
  const all = joinEdges(nodes, certain, [guesses, doubts]);
  if (guesses.size === 0 && doubts.size === 0) return all;
  const cycleOf = new Map<NodeId, number>();
  findCycles(all).forEach((cycle, number) => {
    for (const id of cycle) cycleOf.set(id, number);
  });
  const keepHarmless = (holder: NodeId, list: readonly NodeId[]): readonly NodeId[] => {
    const cycle = cycleOf.get(holder);
    return list.filter((id) => cycle === undefined || cycleOf.get(id) !== cycle);
  };
  const kept = new Map<NodeId, readonly NodeId[]>();
  for (const [holder, list] of guesses) {
    const harmless = keepHarmless(holder, list);
    kept.set(holder, harmless.length > 0 ? harmless : list);
  }
  const believed = new Map<NodeId, readonly NodeId[]>();
  for (const [holder, list] of doubts) believed.set(holder, keepHarmless(holder, list));
  return joinEdges(nodes, certain, [kept, believed]);
}

function joinEdges<N extends AnyNode>(
  nodes: ReadonlyMap<NodeId, N>,
  certain: ReadonlyMap<NodeId, readonly NodeId[]>,
  others: readonly ReadonlyMap<NodeId, readonly NodeId[]>[],
): Graph<N> {
  const uncertain = others.filter((list) => list.size > 0);
  const backings = new Map<NodeId, readonly NodeId[]>();
  for (const id of nodes.keys()) {
    const sure = certain.get(id) ?? [];
    const maybe = uncertain.flatMap((list) => list.get(id) ?? []);
    const single = sure.length < 2 && maybe.length === 0;
    backings.set(id, single ? sure : [...new Set([...sure, ...maybe])].sort());
  }
  return { nodes, backings };
}
