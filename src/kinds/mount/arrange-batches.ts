import type { Graph } from "../../teardown/graph/graph.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import { isMountNode } from "./node.ts";

/**
 * The file systems of `mounts` in batches, one mount of each, the first in the list: that
 * is the one that was tried, and is to be named. Each comes after those that lie on it,
 * so that what these still have to write finds it writable. The kernel does not see to
 * that below an overlay: XFS, remounted read-only while a loop device writes to it
 * through one, waits for ever (xfs_buftarg_wait, Linux 6.1). Those of a cycle share a
 * batch.
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

/** Whether a batch is of file systems that lie on one another. */
export function isCycle(batch: readonly Mount[], graph: Graph): boolean {
  const devs = new Set(batch.map(({ dev }) => dev));
  return batch.some(({ id, dev }) => {
    const below = new Set<string>();
    addBelow(mountNodeId(id), graph, below);
    below.delete(dev);
    return [...below].some((other) => devs.has(other));
  });
}

/** Adds the devices of all mounts that `from` lies on, directly or not. */
function addBelow(from: NodeId, graph: Graph, devices: Set<string> | undefined): void {
  const seen = new Set([from]);
  // The list grows while it is walked.
  for (const id of seen) {
    for (const backing of graph.backings.get(id) ?? []) {
      seen.add(backing);
      const node = graph.nodes.get(backing);
      if (isMountNode(node)) devices?.add(node.mount.dev);
    }
  }
}
