import type { DeviceIndex } from "../../teardown/graph/device-index.ts";
import type { EdgeList } from "../../teardown/graph/edges.ts";
import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Snapshot } from "../../teardown/snapshot/snapshot.ts";

const JOURNALED: ReadonlySet<string> = new Set(["ext3", "ext4", "ocfs2"]);

/**
 * An ext4 may have its journal on a device of its own, which it then has open,
 * and neither mountinfo nor sysfs tells which: any such journal may belong to
 * any mount that has none inside. Left out, the device would be tried while its
 * file system is mounted.
 */
export function addJournalEdges(snapshot: Snapshot, devices: DeviceIndex, edges: EdgeList): void {
  const journals = snapshot.journals ?? [];
  const apart = journals.flatMap((name) => devices.byName.get(name) ?? []);
  if (apart.length === 0) return;
  // "dm-3-8": of the device and the journal's inode.
  const inside = new Set(journals.map((name) => name.slice(0, name.lastIndexOf("-"))));
  for (const mount of snapshot.mounts) {
    const device = devices.byDev.get(mount.dev);
    if (!JOURNALED.has(mount.fsType) || device === undefined || inside.has(device.name)) continue;
    for (const journal of apart) edges.addGuess(mountNodeId(mount.id), blockNodeId(journal.dev));
  }
}
