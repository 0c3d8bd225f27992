import { type Node, nodeKindOf } from "../../kinds/kinds.ts";
import {
  type Adjacency,
  type IndexedGraph,
  indexGraph,
  listFree,
  peel,
  read,
  reverseEdges,
  successors,
} from "../graph/adjacency.ts";
import type { Graph } from "../graph/graph.ts";
import type { NodeId } from "../graph/node.ts";

/** A future step: its node, the others of its group, and the indices of the steps before it. */
export interface Slot {
  readonly leader: NodeId;
  readonly also: readonly NodeId[];
  readonly after: readonly number[];
}

/**
 * Sorts the leaders of groups so that every holder comes before its backing: first those without
 * holders, then those that become free, and so on.
 */
export function sequence(
  graph: Graph<Node>,
  leaders: ReadonlyMap<NodeId, NodeId>,
): readonly Slot[] {
  const indexed = indexGraph(graph);
  const { ids } = indexed;
  const leaderOf = indexLeaders(indexed, leaders);
  const backings = linkLeaders(indexed, leaderOf);
  const holders = reverseEdges(backings);
  const isLeader = (index: number): boolean => leaderOf[index] === index;
  const free = sortForReading(listFree(holders).filter(isLeader), indexed, graph);
  const order = peel(backings, holders, free);
  const places = new Int32Array(ids.length);
  for (let place = 0; place < order.length; place++) places[read(order, place)] = place;
  const members = collectMembers(indexed, leaderOf);
  const slots = order.map((index) => ({
    leader: ids[index] as NodeId,
    also: members.get(index) ?? [],
    after: sortPlaces(successors(holders, index).map((holder) => read(places, holder))),
  }));
  const taken = slots.reduce((sum, slot) => sum + 1 + slot.also.length, 0);
  if (taken !== leaders.size) throw new Error("the plan left out what a cycle holds");
  return slots;
}

/** Node → its leader, by numbers; -1 for nodes that are left. */
function indexLeaders(
  { ids, indexOf }: IndexedGraph,
  leaders: ReadonlyMap<NodeId, NodeId>,
): Int32Array {
  const leaderOf = new Int32Array(ids.length).fill(-1);
  for (let index = 0; index < ids.length; index++) {
    const leader = leaders.get(ids[index] as NodeId);
    if (leader === ids[index]) leaderOf[index] = index;
    else if (leader !== undefined) leaderOf[index] = indexOf.get(leader) ?? -1;
  }
  return leaderOf;
}

/** The edges between leaders; the other members have edges within their group only. */
function linkLeaders({ ids, backings }: IndexedGraph, leaderOf: Int32Array): Adjacency {
  const starts = new Int32Array(ids.length + 1);
  const targets: number[] = [];
  // The last holder that was linked to each, to avoid duplicate edges.
  const linked = new Int32Array(ids.length).fill(-1);
  for (let holder = 0; holder < ids.length; holder++) {
    const end = leaderOf[holder] === holder ? read(backings.starts, holder + 1) : 0;
    for (let at = read(backings.starts, holder); at < end; at++) {
      const target = read(leaderOf, read(backings.targets, at));
      if (target < 0 || target === holder || linked[target] === holder) continue;
      linked[target] = holder;
      targets.push(target);
    }
    starts[holder + 1] = targets.length;
  }
  return { starts, targets: Int32Array.from(targets) };
}

/** Leader → the others of its group, sorted. */
function collectMembers(
  { ids }: IndexedGraph,
  leaderOf: Int32Array,
): ReadonlyMap<number, readonly NodeId[]> {
  const members = new Map<number, NodeId[]>();
  for (let index = 0; index < ids.length; index++) {
    const leader = read(leaderOf, index);
    if (leader < 0 || leader === index) continue;
    const group = members.get(leader);
    if (group === undefined) members.set(leader, [ids[index] as NodeId]);
    else group.push(ids[index] as NodeId);
  }
  return members;
}

function sortPlaces(places: number[]): readonly number[] {
  return places.length < 2 ? places : places.sort((a, b) => a - b);
}

/** By kind and by name, for readability: by ids, mount 10 would come before mount 9. */
function sortForReading(
  indices: readonly number[],
  { ids }: IndexedGraph,
  graph: Graph<Node>,
): readonly number[] {
  const byKey = new Map<string, number>();
  for (const index of indices) {
    const node = graph.nodes.get(ids[index] as NodeId);
    if (node === undefined) throw new Error(`no node ${ids[index]}`);
    const { rank, name } = nodeKindOf(node);
    byKey.set(`${rank}${name(node)}\0${node.id}`, index);
  }
  // Without a comparator, which is slow to call in an interpreter.
  return [...byKey.keys()].sort().map((key) => byKey.get(key) as number);
}
