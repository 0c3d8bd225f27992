import { type DeviceIndex, findDeviceByPath } from "../../teardown/graph/device-index.ts";
import type { EdgeList } from "../../teardown/graph/edges.ts";
import { findParent, type MountIndex } from "../../teardown/graph/mount-index.ts";
import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { BaseDevice, Mount } from "../../teardown/snapshot/base.ts";
import { findFileSystem, isApiFileSystem } from "../file-systems.ts";

/** Adds the backings of one mount: its parent, its devices, its layers. */
export function addMountEdges(
  mount: Mount,
  mounts: MountIndex,
  devices: DeviceIndex,
  edges: EdgeList,
): void {
  const id = mountNodeId(mount.id);
  if (findParent(mounts, mount) !== undefined) {
    const parentId = mountNodeId(mount.parentId);
    // Without a path it is detached together with its parent, and so comes after it.
    if (mount.target === "") edges.add(parentId, id);
    else edges.add(id, parentId);
  }
  const own = listDevices(mount, devices);
  for (const device of own) edges.add(id, blockNodeId(device.dev));
  findFileSystem(mount.fsType)?.addEdges?.(mount, own, {
    mounts,
    devices,
    edges,
    listDevices: (other) => listDevices(other, devices),
  });
}

/** The block devices of a mount's superblock, as far as mountinfo shows them. */
function listDevices(mount: Mount, devices: DeviceIndex): readonly BaseDevice[] {
  // The source of a tmpfs may be any text.
  if (isApiFileSystem(mount.fsType)) return [];
  const main = devices.byDev.get(mount.dev);
  // A btrfs has an anonymous number. A bcachefs has the number of its first device, and its source
  // names all.
  const isMulti = findFileSystem(mount.fsType)?.isMultiDevice === true;
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

/**
 * Adds the other devices of a file system: mountinfo may name only one, but the superblock has all
 * of them open.
 */
function addMembers(named: readonly BaseDevice[], devices: DeviceIndex): readonly BaseDevice[] {
  return [...new Set(named.flatMap((device) => devices.membersOf.get(device.name) ?? [device]))];
}
