import type { Node } from "../../kinds/kinds.ts";
import type { Graph } from "../graph/graph.ts";
import type { NodeId } from "../graph/node.ts";
import { mountNodeId } from "../graph/node-id.ts";

/**
 * The graph without the edges from PID 1's own mounts to the mounts below them: the pivot moves PID
 * 1's mounts, so they no longer hold those.
 */
export function dropOwnMountEdges(graph: Graph<Node>, own: ReadonlySet<NodeId>): Graph<Node> {
  const backings = new Map(graph.backings);
  for (const id of own) {
    const node = graph.nodes.get(id);
    if (node?.kind !== "mount") throw new Error(`no mount ${id}`);
    const place = mountNodeId(node.mount.parentId);
    if (own.has(place)) continue;
    backings.set(
      id,
      (graph.backings.get(id) ?? []).filter((backing) => backing !== place),
    );
  }
  return { nodes: graph.nodes, backings };
}
