import type { Graph } from "./graph.ts";
import type { NodeId } from "./node.ts";

/**
 * A graph of numbered nodes, for algorithms: the edges of node i are `targets[starts[i]]` up to, but
 * not including, `targets[starts[i + 1]]`. In QuickJS, maps of strings take ten times as long.
 */
export interface Adjacency {
  readonly starts: Int32Array;
  readonly targets: Int32Array;
}

/** The graph's ids in order, and both directions of its edges. */
export interface IndexedGraph {
  readonly ids: readonly NodeId[];
  readonly indexOf: ReadonlyMap<NodeId, number>;
  readonly backings: Adjacency;
  readonly holders: Adjacency;
}

export function indexGraph(graph: Graph): IndexedGraph {
  const ids = [...graph.nodes.keys()];
  const indexOf = new Map<NodeId, number>();
  for (let index = 0; index < ids.length; index++) indexOf.set(ids[index] as NodeId, index);
  const starts = new Int32Array(ids.length + 1);
  const targets: number[] = [];
  for (let index = 0; index < ids.length; index++) {
    for (const backing of graph.backings.get(ids[index] as NodeId) ?? []) {
      const target = indexOf.get(backing);
      if (target === undefined) throw new Error(`edge from ${ids[index]} to unknown ${backing}`);
      targets.push(target);
    }
    starts[index + 1] = targets.length;
  }
  const backings = { starts, targets: Int32Array.from(targets) };
  return { ids, indexOf, backings, holders: reverseEdges(backings) };
}

/** The same edges, the other way round; each node's in ascending order. */
export function reverseEdges({ starts, targets }: Adjacency): Adjacency {
  const count = starts.length - 1;
  const back = new Int32Array(count + 1);
  for (let edge = 0; edge < targets.length; edge++) {
    const node = read(targets, edge) + 1;
    back[node] = read(back, node) + 1;
  }
  for (let node = 0; node < count; node++) back[node + 1] = read(back, node + 1) + read(back, node);
  const next = back.slice();
  const sources = new Int32Array(targets.length);
  for (let node = 0; node < count; node++) {
    for (let edge = read(starts, node); edge < read(starts, node + 1); edge++) {
      const target = read(targets, edge);
      const at = read(next, target);
      next[target] = at + 1;
      sources[at] = node;
    }
  }
  return { starts: back, targets: sources };
}

/** The targets of the edges of `node`. */
export function successors({ starts, targets }: Adjacency, node: number): readonly number[] {
  const found: number[] = [];
  for (let at = read(starts, node); at < read(starts, node + 1); at++)
    found.push(read(targets, at));
  return found;
}

/** An element that must exist. */
export function read(list: ArrayLike<number>, index: number): number {
  const value = list[index];
  if (value === undefined) throw new Error(`no element ${index} of ${list.length}`);
  return value;
}

/**
 * A topological order (Kahn 1962): first the nodes without holders, in the order of `first`, then
 * those held only by these, and so on. Nodes of cycles, and nodes below them, are missing.
 */
export function peel(
  backings: Adjacency,
  holders: Adjacency,
  first: readonly number[],
): readonly number[] {
  const { starts, targets } = backings;
  const missing = new Int32Array(starts.length - 1);
  for (let i = 0; i < missing.length; i++) {
    missing[i] = read(holders.starts, i + 1) - read(holders.starts, i);
  }
  const order = [...first];
  // The list grows in the loop.
  for (let next = 0; next < order.length; next++) {
    const node = read(order, next);
    for (let at = read(starts, node); at < read(starts, node + 1); at++) {
      const target = read(targets, at);
      const left = read(missing, target) - 1;
      missing[target] = left;
      if (left === 0) order.push(target);
    }
  }
  return order;
}

/** The nodes that no edge leads to. */
export function listFree(holders: Adjacency): readonly number[] {
  const free: number[] = [];
  for (let i = 0; i < holders.starts.length - 1; i++) {
    if (holders.starts[i] === holders.starts[i + 1]) free.push(i);
  }
  return free;
}
