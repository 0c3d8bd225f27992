import { type Adjacency, indexGraph, listFree, peel, read } from "./adjacency.ts";
import type { Graph } from "./graph.ts";
import type { NodeId } from "./node.ts";

/**
 * The cycles of a graph: its strongly connected parts of more than one node,
 * each sorted, in the order of their first nodes. Near-linear, without recursion.
 */
export function findCycles(graph: Graph): readonly (readonly NodeId[])[] {
  const { ids, backings, holders } = indexGraph(graph);
  // Cycles are rare, and this takes half as long as Tarjan's algorithm.
  if (peel(backings, holders, listFree(holders)).length === ids.length) return [];
  return findComponents(backings)
    .filter((part) => part.length > 1)
    .sort((a, b) => read(a, 0) - read(b, 0))
    .map((part) => part.map((index) => ids[index] as NodeId));
}

/**
 * The strongly connected components, each sorted, sinks first: Tarjan's
 * algorithm (1972) with an explicit stack instead of recursion, since storage may be 100,000 layers
 * deep in a test, and QuickJS has a stack of 256 KiB.
 */
export function findComponents(graph: Adjacency): readonly (readonly number[])[] {
  const count = graph.starts.length - 1;
  const found = new Int32Array(count).fill(-1);
  const low = new Int32Array(count);
  const edge = graph.starts.slice();
  const onStack = new Uint8Array(count);
  const open: number[] = [];
  const path: number[] = [];
  const components: number[][] = [];
  let clock = 0;

  const enter = (node: number): void => {
    found[node] = clock;
    low[node] = clock;
    clock += 1;
    open.push(node);
    onStack[node] = 1;
    path.push(node);
  };

  const leave = (node: number): void => {
    path.pop();
    const above = path.at(-1);
    if (above !== undefined) low[above] = Math.min(read(low, above), read(low, node));
    if (low[node] !== found[node]) return;
    const part = open.splice(open.lastIndexOf(node));
    for (const member of part) onStack[member] = 0;
    components.push(part.sort((a, b) => a - b));
  };

  for (let root = 0; root < count; root++) {
    if (found[root] === -1) enter(root);
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const at = read(edge, node);
      if (at === graph.starts[node + 1]) {
        leave(node);
        continue;
      }
      edge[node] = at + 1;
      const target = read(graph.targets, at);
      if (found[target] === -1) enter(target);
      else if (onStack[target] === 1) low[node] = Math.min(read(low, node), read(found, target));
    }
  }
  return components;
}
