import type { Graph } from "../../teardown/graph/graph.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import { isMountNode } from "./node.ts";

/**
 * The file systems of `mounts` in waves, one mount of each, the first in the list: that
 * is the one that was tried, and is to be named. Each comes after those that lie on it,
 * so that what these still have to write finds it writable. The kernel does not see to
 * that below an overlay: XFS, remounted read-only while a loop device writes to it
 * through one, waits for ever (xfs_buftarg_wait, Linux 6.1). Those of a cycle share a
 * wave.
 */
export function arrangeWaves(
  mounts: readonly Mount[],
  graph: Graph,
): readonly (readonly Mount[])[] {
  const fileSystems = new Map<string, Mount>();
  for (const mount of mounts) {
    if (!fileSystems.has(mount.dev)) fileSystems.set(mount.dev, mount);
  }
  const below = new Map([...fileSystems.keys()].map((dev) => [dev, new Set<string>()]));
  for (const { id, dev } of mounts) addBelow(mountNodeId(id), graph, below.get(dev));
  const waves: (readonly Mount[])[] = [];
  let left = [...fileSystems.keys()];
  while (left.length > 0) {
    const covered = new Set(
      left.flatMap((dev) => [...(below.get(dev) ?? [])].filter((to) => to !== dev)),
    );
    const free = left.filter((dev) => !covered.has(dev));
    const wave = free.length > 0 ? free : left;
    waves.push(wave.flatMap((dev) => fileSystems.get(dev) ?? []));
    const done = new Set(wave);
    left = left.filter((dev) => !done.has(dev));
  }
  return waves;
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
