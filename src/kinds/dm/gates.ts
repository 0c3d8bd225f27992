import { indexGraph, successors } from "../../teardown/graph/adjacency.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import { type DmNode, type GateNode, gateNodeId, isDmNode } from "./node.ts";

/**
 * Adds a node for every device on which I/O waits for ever: a suspended one, and a multipath that
 * queues because no path is left. Layers on it would hang at the next write, so it is unblocked before
 * the topmost of them is released.
 *
 * A device is resumed even if its disk is gone: then I/O fails, and an unmount returns instead of
 * waiting. A device without holders is removed as it is, suspended or not.
 */
export function addGates<N extends AnyNode>(graph: Graph<N>): Graph<N | GateNode> {
  const all: readonly AnyNode[] = [...graph.nodes.values()];
  const blocked = all.filter(isDmNode).filter(makesWait);
  if (blocked.length === 0) return graph;
  const { ids, indexOf, holders } = indexGraph(graph);
  const nodes = new Map<NodeId, N | GateNode>(graph.nodes);
  const backings = new Map(graph.backings);
  for (const { id, device, dm } of blocked) {
    const above = collectAbove(indexOf.get(id) ?? -1, (index) => successors(holders, index));
    if (above.length === 0) continue;
    const tops = above.filter((index) => successors(holders, index).length === 0);
    const gate = gateNodeId(device.dev);
    nodes.set(gate, { kind: "gate", id: gate, device, dm });
    // A cycle has no topmost node.
    backings.set(
      gate,
      (tops.length > 0 ? tops : above).map((index) => ids[index] as NodeId).sort(),
    );
  }
  return { nodes: new Map([...nodes].sort(([a], [b]) => (a < b ? -1 : 1))), backings };
}

function makesWait({ dm, device }: DmNode): boolean {
  // Without a table there is no I/O that resuming could complete. A device that did not answer may
  // have a table.
  if (dm.suspended && (dm.targets.length > 0 || device.mute)) return true;
  return dm.targets.some((target) => target.queuesWithoutPath === true);
}

/** Everything above a node, directly or indirectly. */
function collectAbove(
  node: number,
  holdersOf: (node: number) => readonly number[],
): readonly number[] {
  const seen = new Set<number>();
  const open = [node];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const holder of holdersOf(at)) {
      if (holder === node || seen.has(holder)) continue;
      seen.add(holder);
      open.push(holder);
    }
  }
  return [...seen];
}
