import type { EdgeList } from "../../teardown/graph/edges.ts";
import { findCycles } from "../../teardown/graph/find-cycles.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import type { MountIndex } from "../../teardown/graph/mount-index.ts";
import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { isApiFileSystem, isFuse } from "../file-systems.ts";
import { type FuseServer, type FuseServersField, processNodeId } from "./state.ts";

/** What a FUSE server keeps busy until it ends: the mounts and devices that it has files on. */
export function addServerEdges(
  servers: readonly FuseServer[],
  mounts: MountIndex,
  edges: EdgeList,
): void {
  for (const { pid, fileSystems, devices } of servers) {
    const id = processNodeId(pid);
    for (const mount of fileSystems.flatMap((dev) => mounts.byDev.get(dev) ?? [])) {
      if (!isApiFileSystem(mount.fsType)) edges.add(id, mountNodeId(mount.id));
    }
    for (const dev of devices) edges.add(id, blockNodeId(dev));
  }
}

/**
 * Has every FUSE server wait for every FUSE mount: the kernel does not
 * report which of them it serves. Where that makes a cycle, as for a server on another
 * one's file system, that edge is left out again.
 *
 * A server of the file system that it has files on itself is left out as a
 * whole: it is ended with all the others when nothing else is left to be done.
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
    backings: new Map([...graph.backings].filter(([id]) => isKept(id))),
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
