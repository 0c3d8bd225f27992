import type { Graph } from "../graph/graph.ts";
import type { Node, NodeId } from "../graph/node.ts";
import type { BlockDevice } from "../snapshot.ts";
import { listHolders } from "./list-holders.ts";
import type { StayReason } from "./plan.ts";

/** What is not released, and why. */
export function findStays(
  graph: Graph,
  own: ReadonlySet<NodeId>,
  cycles: readonly (readonly NodeId[])[],
  kept: ReadonlyMap<NodeId, StayReason>,
): ReadonlyMap<NodeId, StayReason> {
  const stays = new Map<NodeId, StayReason>(kept);
  for (const id of cycles.flat()) stays.set(id, { kind: "cycle" });
  const hardware = new Set(listHardware(graph));
  for (const id of [...own, ...findOwnMemory(graph, own, hardware)]) stays.set(id, { kind: "own" });
  for (const node of graph.nodes.values()) {
    if (node.kind === "swap" && !node.fits) stays.set(node.id, { kind: "no-memory" });
    if (node.kind === "drbd") stays.set(node.id, stayOfDrbd(node.device));
  }
  const roots = [...stays.keys()];
  const held = collectBelow(graph, roots);
  const holders = held.size === 0 ? new Map<NodeId, readonly NodeId[]>() : listHolders(graph);
  for (const id of hardware) stays.set(id, { kind: "hardware" });
  for (const id of held) {
    if (stays.has(id)) continue;
    const by = (holders.get(id) ?? []).filter((holder) => stays.has(holder) || held.has(holder));
    stays.set(id, { kind: "held", by });
  }
  // Nothing takes these away while the pool, the session, the resource, the loop
  // device or the array stays, or is not known for certain; partitions last, since
  // the others have some too.
  for (const kind of ["zvol", "remote", "drbd-volume", "partition"] as const) {
    for (const node of graph.nodes.values()) {
      if (node.kind !== kind || stays.has(node.id)) continue;
      const [whole, another] = graph.backings.get(node.id) ?? [];
      const goesAlong = whole !== undefined && another === undefined && !stays.has(whole);
      if (!goesAlong) stays.set(node.id, { kind: "hardware" });
    }
  }
  return stays;
}

/** Whose resource is not known cannot be taken down: DRBD 9, whose netlink protocol is another. */
function stayOfDrbd({ mute }: BlockDevice): StayReason {
  return mute ? { kind: "mute" } : { kind: "no-tool", tool: "drbdsetup" };
}

/** The devices of a sealed tree: dm-verity, and a loop device over a file in memory. */
function findOwnMemory(
  graph: Graph,
  own: ReadonlySet<NodeId>,
  hardware: ReadonlySet<NodeId>,
): readonly NodeId[] {
  const below = [...collectBelow(graph, [...own])];
  return below.some((id) => hardware.has(id)) ? [] : below;
}

/** All that these lie on, directly or not, themselves not included unless they lie on another. */
function collectBelow(graph: Graph, ids: readonly NodeId[]): ReadonlySet<NodeId> {
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

function listHardware(graph: Graph): readonly NodeId[] {
  const nodes = [...graph.nodes.values()];
  return nodes.filter((node) => isHardware(node, graph)).map((node) => node.id);
}

/** Partitions of a loop device or an array are none: they go with it. */
function isHardware(node: Node, graph: Graph): boolean {
  if (node.kind === "disk") return true;
  if (node.kind !== "partition") return false;
  const whole = findWhole(node.id, graph);
  return whole === undefined || whole.kind === "disk" || whole.kind === "partition";
}

function findWhole(partition: NodeId, graph: Graph): Node | undefined {
  const [whole] = graph.backings.get(partition) ?? [];
  return whole === undefined ? undefined : graph.nodes.get(whole);
}
