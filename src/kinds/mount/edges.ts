import { type DeviceIndex, findDeviceByPath } from "../../teardown/graph/device-index.ts";
import type { EdgeList } from "../../teardown/graph/edges.ts";
import {
  findMountOfPath,
  findParent,
  isMountedBelow,
  type MountIndex,
} from "../../teardown/graph/mount-index.ts";
import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { BlockDevice, Mount } from "../../teardown/snapshot/snapshot.ts";
import { isApiFileSystem } from "../file-systems.ts";
import { listOverlayLayers } from "../overlay/layers.ts";

const multiDeviceTypes: ReadonlySet<string> = new Set(["btrfs", "bcachefs"]);

/** What one mount lies on: its parent, its devices, its layers. */
export function addMountEdges(
  mount: Mount,
  mounts: MountIndex,
  devices: DeviceIndex,
  edges: EdgeList,
): void {
  const id = mountNodeId(mount.id);
  if (findParent(mounts, mount) !== undefined) edges.add(id, mountNodeId(mount.parentId));
  for (const device of listDevices(mount, devices)) edges.add(id, blockNodeId(device.dev));
  // A name that only udev knew (/dev/disk/by-uuid): any btrfs may be the one.
  if (mount.fsType === "btrfs" && listDevices(mount, devices).length === 0) {
    for (const members of devices.membersOf.values()) {
      for (const device of members) edges.addGuess(id, blockNodeId(device.dev));
    }
  }
  if (mount.fsType === "overlay") addLayerEdges(mount, mounts, devices, edges);
}

/** The block devices of a mount's superblock, as far as mountinfo tells. */
function listDevices(mount: Mount, devices: DeviceIndex): readonly BlockDevice[] {
  // The "source" of a tmpfs is any text that somebody gave.
  if (isApiFileSystem(mount.fsType)) return [];
  const main = devices.byDev.get(mount.dev);
  // The number of a btrfs is anonymous. That of a bcachefs is its first device's, and its source
  // names all.
  const isMulti = multiDeviceTypes.has(mount.fsType);
  const paths = main === undefined || isMulti ? mount.source.split(":") : [];
  for (const option of mount.superOptions) {
    // An external journal: "logdev=/dev/…" of XFS, "jdev" and the like elsewhere.
    const at = option.indexOf("=/dev/");
    if (at > 0) paths.push(option.slice(at + 1));
  }
  const named = paths.flatMap((path) => findDeviceByPath(devices, path) ?? []);
  const found = main === undefined ? named : [main, ...named];
  return isMulti ? addMembers(found, devices) : found;
}

/** mountinfo may name one device; the superblock has all of them open. */
function addMembers(named: readonly BlockDevice[], devices: DeviceIndex): readonly BlockDevice[] {
  return [...new Set(named.flatMap((device) => devices.membersOf.get(device.name) ?? [device]))];
}

/**
 * An overlay holds its layers' superblocks, through mounts of its own that
 * nobody sees. A layer mounted elsewhere is released after it. One mounted
 * below the overlay itself, as in every live system, goes first, as its child:
 * there the overlay holds what is under the layer.
 */
function addLayerEdges(
  overlay: Mount,
  mounts: MountIndex,
  devices: DeviceIndex,
  edges: EdgeList,
): void {
  const id = mountNodeId(overlay.id);
  for (const path of listOverlayLayers(overlay.superOptions)) {
    const layer = findMountOfPath(mounts, path, (mount) => mount.id !== overlay.id);
    if (layer === undefined) continue;
    // What was stacked there since is none, and may lie on the overlay: which it was, nothing tells.
    const stacked = mounts.byTarget.get(layer.target)?.filter((one) => one.id !== overlay.id) ?? [];
    const add = stacked.length > 1 ? edges.addGuess : edges.add;
    for (const mount of stacked) {
      if (!isMountedBelow(mount, overlay, mounts)) add(id, mountNodeId(mount.id));
      for (const device of listDevices(mount, devices)) add(id, blockNodeId(device.dev));
    }
  }
}
