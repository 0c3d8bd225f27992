import { GRAPHS, listMultiDevices, type Node, type Snapshot } from "../../kinds/kinds.ts";
import type { Indexes } from "../kind.ts";
import { indexDevices } from "./device-index.ts";
import { createEdgeList } from "./edges.ts";
import type { Graph } from "./graph.ts";
import { indexMounts } from "./mount-index.ts";
import type { NodeId } from "./node.ts";
import { settleGuesses } from "./settle-guesses.ts";

/**
 * Derives the dependencies from a snapshot. The order of its lists makes no difference; references
 * to things that it does not contain are ignored.
 */
export function buildGraph(snapshot: Snapshot): Graph<Node> {
  const nodes = makeNodes(snapshot);
  const edges = createEdgeList(nodes);
  const indexes = makeIndexes(snapshot);
  for (const kind of GRAPHS) kind.addEdges?.(snapshot, indexes, edges);
  for (const kind of GRAPHS) kind.addLateEdges?.(snapshot, indexes, edges);
  let graph = settleGuesses(nodes, edges);
  for (const kind of GRAPHS) graph = kind.refine?.(graph, snapshot) ?? graph;
  return graph;
}

function makeIndexes(snapshot: Snapshot): Indexes {
  const aliases = GRAPHS.flatMap((kind) => kind.listAliases?.(snapshot) ?? []);
  return {
    mounts: indexMounts(snapshot.mounts),
    devices: indexDevices(snapshot.devices, aliases, listMultiDevices(snapshot)),
    inUse: new Set(GRAPHS.flatMap((kind) => kind.listInUse?.(snapshot) ?? [])),
    slaveHolders: new Map(GRAPHS.flatMap((kind) => kind.listSlaveHolders?.(snapshot) ?? [])),
  };
}

/** The nodes of everything that can hold something or be held, in the order of ids. */
function makeNodes(snapshot: Snapshot): ReadonlyMap<NodeId, Node> {
  const unsorted = new Map<NodeId, Node>();
  for (const kind of GRAPHS) {
    for (const node of kind.nodes?.(snapshot) ?? []) unsorted.set(node.id, node);
  }
  const sorted = new Map<NodeId, Node>();
  // Without a comparator, which an interpreter would call 300,000 times for 20,000 nodes.
  for (const id of [...unsorted.keys()].sort()) {
    const node = unsorted.get(id);
    if (node === undefined) throw new Error(`no node ${id}`);
    sorted.set(id, node);
  }
  return sorted;
}
