import type { Graph } from "../../teardown/graph/graph.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import { isMountNode } from "./node.ts";

/**
 * Arranges the file systems of `mounts` in batches, with the first mount of each, which is the one
 * that was tried and will be reported. A file system comes after those above it, which need it to be
 * writable until their data is written. The kernel does not ensure that below an overlay:
 * an XFS that is remounted read-only while a loop device writes to it through an overlay blocks for
 * ever (xfs_buftarg_wait, Linux 6.1). The file systems of a cycle share a batch.
 */
export function arrangeBatches(
  mounts: readonly Mount[],
  graph: Graph,
): readonly (readonly Mount[])[] {
  const fileSystems = new Map<string, Mount>();
  for (const mount of mounts) {
    if (!fileSystems.has(mount.dev)) fileSystems.set(mount.dev, mount);
  }
  const below = new Map([...fileSystems.keys()].map((dev) => [dev, new Set<string>()]));
  for (const { id, dev } of mounts) addBelow(mountNodeId(id), graph, below.get(dev));
  const batches: (readonly Mount[])[] = [];
  let left = [...fileSystems.keys()];
  while (left.length > 0) {
    const covered = new Set(
      left.flatMap((dev) => [...(below.get(dev) ?? [])].filter((to) => to !== dev)),
    );
    const free = left.filter((dev) => !covered.has(dev));
    const batch = free.length > 0 ? free : left;
    batches.push(batch.flatMap((dev) => fileSystems.get(dev) ?? []));
    const done = new Set(batch);
    left = left.filter((dev) => !done.has(dev));
  }
  return batches;
}

/** Whether the file systems of a batch depend on one another. */
export function isCycle(batch: readonly Mount[], graph: Graph): boolean {
  const devs = new Set(batch.map(({ dev }) => dev));
  return batch.some(({ id, dev }) => {
    const below = new Set<string>();
    addBelow(mountNodeId(id), graph, below);
    below.delete(dev);
    return [...below].some((other) => devs.has(other));
  });
}

/** Adds the devices of all mounts below `from`, directly or indirectly. */
function addBelow(from: NodeId, graph: Graph, devices: Set<string> | undefined): void {
  const seen = new Set([from]);
  // The list grows in the loop.
  for (const id of seen) {
    for (const backing of graph.backings.get(id) ?? []) {
      seen.add(backing);
      const node = graph.nodes.get(backing);
      if (isMountNode(node)) devices?.add(node.mount.dev);
    }
  }
}
