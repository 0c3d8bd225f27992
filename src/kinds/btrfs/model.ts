import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph } from "../../teardown/kind.ts";
import type { MultiDevice } from "../../teardown/snapshot/base.ts";
import type { FileSystem } from "../file-system.ts";

export interface BtrfsField {
  /** Sorted by UUID. Absent if btrfs is not loaded. */
  readonly btrfs?: readonly MultiDevice[];
}

export const btrfs: FileSystem = {
  isMultiDevice: true,
  addEdges(mount, own, { devices, edges }) {
    // A name that only udev knew (/dev/disk/by-uuid): it may be any btrfs.
    if (own.length > 0) return;
    for (const members of devices.membersOf.values()) {
      for (const device of members) edges.addGuess(mountNodeId(mount.id), blockNodeId(device.dev));
    }
  },
};

export const btrfsGraph: KindGraph<BtrfsField, never> = {
  listMultiDevices: (snapshot) => snapshot.btrfs ?? [],
};
