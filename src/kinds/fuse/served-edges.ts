import { findCycles } from "../../teardown/graph/find-cycles.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { isFuse } from "../file-systems.ts";
import { processNodeId } from "../storage-server/state.ts";
import type { FuseServersField } from "./state.ts";

/**
 * Makes every FUSE server wait for every FUSE mount, because the kernel does not report which of
 * them it serves. An edge that closes a cycle is left out, as for a server whose files are on the
 * file system of another one.
 *
 * A server whose files are on the file system that it serves is removed from the graph: it is killed
 * with all other processes when no step is left.
 */
export function addServedEdges<N extends AnyNode>(
  graph: Graph<N>,
  snapshot: BaseSnapshot & FuseServersField,
): Graph<N> {
  const servers = (snapshot.fuseServers ?? []).map(({ pid }) => processNodeId(pid));
  if (servers.length === 0) return graph;
  const served = snapshot.mounts
    .filter(({ fsType }) => isFuse(fsType))
    .map(({ id }) => mountNodeId(id));
  const cycleOf = new Map<NodeId, number>();
  findCycles(link(graph, served, () => servers)).forEach((cycle, number) => {
    for (const id of cycle) cycleOf.set(id, number);
  });
  const isApart = (mount: NodeId, server: NodeId): boolean =>
    !cycleOf.has(mount) || cycleOf.get(server) !== cycleOf.get(mount);
  const unserved = served.filter((mount) => !servers.some((server) => isApart(mount, server)));
  const own = new Set(
    servers.filter((server) => unserved.some((mount) => !isApart(mount, server))),
  );
  const isKept = (id: NodeId): boolean => !own.has(id);
  const kept = {
    nodes: new Map([...graph.nodes].filter(([id]) => isKept(id))),
    // Another kind may have an edge to it: that of a block device that it serves as well.
    backings: new Map(
      [...graph.backings].flatMap(([id, list]) => (isKept(id) ? [[id, list.filter(isKept)]] : [])),
    ),
  };
  return link(kept, served, (mount) =>
    servers.filter((server) => isKept(server) && isApart(mount, server)),
  );
}

function link<N extends AnyNode>(
  { nodes, backings }: Graph<N>,
  mounts: readonly NodeId[],
  serversOf: (mount: NodeId) => readonly NodeId[],
): Graph<N> {
  const linked = new Map(backings);
  for (const mount of mounts) {
    linked.set(mount, [...new Set([...(backings.get(mount) ?? []), ...serversOf(mount)])].sort());
  }
  return { nodes, backings: linked };
}
