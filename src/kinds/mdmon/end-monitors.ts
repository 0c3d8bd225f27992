import { findCycles } from "../../teardown/graph/find-cycles.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import { listHolders } from "../../teardown/graph/list-holders.ts";
import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import type { Broken } from "../../teardown/kind.ts";
import { isMountNode } from "../mount/node.ts";

/**
 * Breaks the cycle of a root on an array with external metadata (IMSM, DDF): the array needs its
 * mdmon, and the mdmon keeps the root busy because it was started from there.
 *
 * Such an mdmon is killed before its array is stopped: once the root is read-only and the array is
 * marked clean, nothing writes to either any more. All other nodes on the cycle must therefore be
 * released first, since they may still write.
 */
export function endMonitors<N extends AnyNode>(graph: Graph<N>): Broken<N> {
  // mdmon → the mounts of its cycle, to be made read-only before it ends.
  const marks = new Map<NodeId, readonly NodeId[]>();
  const monitors = [...graph.nodes.values()].filter(({ kind }) => kind === "mdmon");
  if (monitors.length === 0) return { graph, marks };
  const backings = new Map(graph.backings);
  const holders = listHolders(graph);
  for (const cycle of findCycles(graph)) {
    const members = new Set(cycle);
    for (const { id } of monitors.filter((monitor) => members.has(monitor.id))) {
      marks.set(
        id,
        cycle.filter((member) => isMountNode(graph.nodes.get(member))),
      );
      for (const holder of new Set(cycle.flatMap((member) => holders.get(member) ?? []))) {
        const others = (backings.get(holder) ?? []).filter((backing) => backing !== id);
        backings.set(holder, members.has(holder) ? others : [...others, id].sort());
      }
    }
  }
  return { graph: { nodes: graph.nodes, backings }, marks };
}
