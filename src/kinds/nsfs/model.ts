import { isInUse } from "../../teardown/graph/device-index.ts";
import type { EdgeList } from "../../teardown/graph/edges.ts";
import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Snapshot } from "../../teardown/snapshot/snapshot.ts";
import { isMountNamespace } from "../file-systems.ts";

/**
 * A mount namespace that is bound to a file keeps mounts of its own, of which
 * nothing tells from outside: it may hold each device that is mounted, or in
 * use although nothing shows by whom.
 */
export function addNamespaceEdges({ mounts, devices }: Snapshot, edges: EdgeList): void {
  const namespaces = mounts.filter(isMountNamespace);
  if (namespaces.length === 0) return;
  const mounted = new Set(mounts.map(({ dev }) => dev));
  for (const device of devices) {
    if (!mounted.has(device.dev) && !isInUse(device)) continue;
    for (const { id } of namespaces) edges.add(mountNodeId(id), blockNodeId(device.dev));
  }
}
