import { type Node, nodeKindOf } from "../../kinds/kinds.ts";
import { collectBelow } from "../graph/collect-below.ts";
import type { Graph } from "../graph/graph.ts";
import { listHolders } from "../graph/list-holders.ts";
import type { NodeId } from "../graph/node.ts";
import type { Policy } from "./policy.ts";
import type { StayReason } from "./stay-reason.ts";

/** The nodes that are not released, and why. */
export function findStays(
  graph: Graph<Node>,
  own: ReadonlySet<NodeId>,
  cycles: readonly (readonly NodeId[])[],
  policy: Policy,
): ReadonlyMap<NodeId, StayReason> {
  const nodes = [...graph.nodes.values()];
  const stays = new Map<NodeId, StayReason>();
  for (const id of cycles.flat()) stays.set(id, { kind: "cycle" });
  const hardware = new Set(nodes.filter((node) => isHardware(node, graph)).map(({ id }) => id));
  for (const id of [...own, ...findOwnMemory(graph, own, hardware)]) stays.set(id, { kind: "own" });
  for (const node of nodes) {
    const reason = nodeKindOf(node).stay?.(node, policy);
    if (reason !== undefined) stays.set(node.id, reason);
  }
  for (const id of policy.inUse ?? []) {
    if (graph.nodes.has(id) && !stays.has(id)) stays.set(id, { kind: "held", by: [] });
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
  for (const node of nodes) {
    if (!goesAway(node, graph, stays)) stays.set(node.id, { kind: "hardware" });
  }
  return stays;
}

/**
 * A zvol or a remote disk cannot be released if its pool or session is left or not known for
 * certain; the same applies to their partitions.
 */
function goesAway(node: Node, graph: Graph<Node>, stays: ReadonlyMap<NodeId, StayReason>): boolean {
  if (stays.has(node.id) || nodeKindOf(node).goesWithBacking !== true) return true;
  const [below, another] = graph.backings.get(node.id) ?? [];
  const whole = below === undefined ? undefined : graph.nodes.get(below);
  if (whole === undefined || another !== undefined || stays.has(whole.id)) return false;
  return goesAway(whole, graph, stays);
}

/** The devices of a sealed tree: dm-verity, and a loop device over a file in memory. */
function findOwnMemory(
  graph: Graph<Node>,
  own: ReadonlySet<NodeId>,
  hardware: ReadonlySet<NodeId>,
): readonly NodeId[] {
  const below = [...collectBelow(graph, [...own])];
  return below.some((id) => hardware.has(id)) ? [] : below;
}

/** Partitions of a loop device or an array are not hardware: they are released with it. */
function isHardware(node: Node, graph: Graph<Node>): boolean {
  if (nodeKindOf(node).isHardware === true) return true;
  if (node.kind !== "partition") return false;
  const [below] = graph.backings.get(node.id) ?? [];
  const whole = below === undefined ? undefined : graph.nodes.get(below);
  return whole === undefined || whole.kind === "disk" || whole.kind === "partition";
}
