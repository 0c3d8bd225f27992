import type { BlockDevice, Mount, Snapshot } from "../snapshot.ts";
import type { EdgeList } from "./edges.ts";
import { blockNodeId, mountNodeId } from "./node-id.ts";

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

/** "mnt:[4026532301]" is the root of such a mount (kernel: fs/nsfs.c). */
export function isMountNamespace({ fsType, root }: Mount): boolean {
  return fsType === "nsfs" && root.startsWith("mnt:");
}

/** Whether the kernel has it open, whoever for. */
export function isInUse({ loop, dm }: BlockDevice): boolean {
  return loop?.claimed === true || (dm !== undefined && dm.openCount > 0);
}
