import { type Node, nodeKindOf } from "../../kinds/kinds.ts";
import { FILE_USERS } from "../../kinds/mount/detach-images.ts";
import { isApiMount } from "../../kinds/mount/node.ts";
import { type Graph, getNode } from "../graph/graph.ts";
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
    const isDropped = (backing: NodeId): boolean => {
      const below = graph.nodes.get(backing);
      // Without a path it is on PID 1's mount, and is left with it.
      if (below?.kind === "mount" && below.mount.target === "") return true;
      return backing === place && !own.has(place);
    };
    backings.set(
      id,
      (graph.backings.get(id) ?? []).filter((backing) => !isDropped(backing)),
    );
  }
  return { nodes: graph.nodes, backings };
}

/**
 * The graph of the last attempt: without the edges from holders that are only suspected, and from
 * those that have a file on an API mount open, which can be detached nevertheless.
 */
export function dropWeakEdges(graph: Graph<Node>): Graph<Node> {
  const backings = new Map<NodeId, readonly NodeId[]>();
  for (const [holder, list] of graph.backings) {
    const isWeak = (backing: NodeId): boolean => {
      const node = getNode(graph, backing);
      if (nodeKindOf(node).hasSuspects === true) return true;
      return isApiMount(node) && FILE_USERS.has(graph.nodes.get(holder)?.kind ?? "");
    };
    backings.set(
      holder,
      list.filter((backing) => !isWeak(backing)),
    );
  }
  return { nodes: graph.nodes, backings };
}
