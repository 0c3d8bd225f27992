import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph } from "../../teardown/kind.ts";
import type { BaseSnapshot } from "../../teardown/snapshot/base.ts";

export interface JournalsField {
  /**
   * /proc/fs/jbd2: the journals in use, sorted: "sda1-8" inside a file system, "sdb" on a device of
   * its own.
   */
  readonly journals?: readonly string[];
}

const JOURNALED: ReadonlySet<string> = new Set(["ext3", "ext4", "ocfs2"]);

/**
 * An ext4 may have its journal on a separate device, which it keeps open. Neither mountinfo nor
 * sysfs shows which one: each of these journals may belong to any mount without a journal inside.
 * Without these edges, the device would be tried while its file system is mounted.
 */
export const ext4Graph: KindGraph<BaseSnapshot & JournalsField, never> = {
  addEdges({ mounts, journals = [] }, { devices }, edges) {
    const apart = journals.flatMap((name) => devices.byName.get(name) ?? []);
    if (apart.length === 0) return;
    // "dm-3-8": the device and the journal's inode.
    const inside = new Set(journals.map((name) => name.slice(0, name.lastIndexOf("-"))));
    for (const mount of mounts) {
      const device = devices.byDev.get(mount.dev);
      if (!JOURNALED.has(mount.fsType) || device === undefined || inside.has(device.name)) continue;
      for (const journal of apart) edges.addGuess(mountNodeId(mount.id), blockNodeId(journal.dev));
    }
  },
};
