import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph } from "../../teardown/kind.ts";
import type { BaseSnapshot, Mount } from "../../teardown/snapshot/base.ts";

/** "mnt:[4026532301]" is the root of such a mount (kernel: fs/nsfs.c). */
export function isMountNamespace({ fsType, root }: Mount): boolean {
  return fsType === "nsfs" && root.startsWith("mnt:");
}

/**
 * A mount namespace that is bound to a file keeps mounts of its own, which cannot be seen from
 * outside: it may hold each device that is mounted, or in use although nothing shows by whom.
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
