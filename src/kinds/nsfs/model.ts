import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph } from "../../teardown/kind.ts";
import type { BaseSnapshot, Mount } from "../../teardown/snapshot/base.ts";

/** Whether a mount is a mount namespace: its root is "mnt:[4026532301]" (kernel: fs/nsfs.c). */
export function isMountNamespace({ fsType, root }: Mount): boolean {
  return fsType === "nsfs" && root.startsWith("mnt:");
}

/**
 * A mount namespace that is bound to a file contains mounts that are not visible from outside: it
 * may hold any device that is mounted, or that is in use without a visible user.
 */
export const nsfsGraph: KindGraph<BaseSnapshot, never> = {
  addLateEdges({ mounts, devices }, { inUse }, edges) {
    const namespaces = mounts.filter(isMountNamespace);
    if (namespaces.length === 0) return;
    const mounted = new Set(mounts.map(({ dev }) => dev));
    for (const { dev } of devices) {
      if (!mounted.has(dev) && !inUse.has(dev)) continue;
      for (const { id } of namespaces) edges.add(mountNodeId(id), blockNodeId(dev));
    }
  },
};
