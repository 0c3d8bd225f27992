import type { Mount } from "../snapshot/base.ts";
import { type DeviceIndex, findDeviceByPath } from "./device-index.ts";
import type { EdgeList } from "./edges.ts";
import { findMountOfPath, type MountIndex } from "./mount-index.ts";
import type { NodeId } from "./node.ts";
import { blockNodeId, mountNodeId } from "./node-id.ts";

/**
 * An open file of the kernel itself (a swap file, a loop's image, an MD bitmap) holds the mount that
 * it was opened through.
 *
 * `dev` is the "major:minor" of its file system, if known. It selects the mount if possible; but
 * btrfs reports numbers for files that no mount has.
 */
export function addFileEdges(
  holder: NodeId,
  path: string,
  dev: string | undefined,
  mounts: MountIndex,
  devices: DeviceIndex,
  edges: EdgeList,
): void {
  const sameDev = dev === undefined ? [] : (mounts.byDev.get(dev) ?? []);
  const device = dev === undefined ? undefined : devices.byDev.get(dev);
  if (sameDev.length > 0) addBest(holder, path, sameDev, mounts, edges);
  // After a lazy unmount the file system is still active, but not in the mount table.
  else if (device !== undefined) edges.add(holder, blockNodeId(device.dev));
  else addByPath(holder, path, dev, mounts, edges);
}

/**
 * A number that no mount has is either one that btrfs or overlay reports for files, or that of a
 * detached tmpfs. In the latter case the path may lead to any mount, even to the root that is stored
 * in the file (a live system copied to RAM).
 */
function addByPath(
  holder: NodeId,
  path: string,
  dev: string | undefined,
  mounts: MountIndex,
  edges: EdgeList,
): void {
  const mount = findMountOfPath(mounts, path, () => true);
  if (mount === undefined) return;
  const isCertain = dev === undefined || mount.fsType === "btrfs";
  if (isCertain) edges.add(holder, mountNodeId(mount.id));
  else edges.addDoubt(holder, mountNodeId(mount.id));
}

function addBest(
  holder: NodeId,
  path: string,
  sameDev: readonly Mount[],
  mounts: MountIndex,
  edges: EdgeList,
): void {
  const dev = sameDev[0]?.dev;
  const best = findMountOfPath(mounts, path, (mount) => mount.dev === dev);
  // The copy that 'exitrd load' makes of a mount below its tree has the place of the original, which
  // the file was opened through before.
  for (const mount of sameDev) {
    if (mount.target === best?.target) edges.add(holder, mountNodeId(mount.id));
  }
  // Hidden, renamed or relative to another root: it may be any of them.
  if (best === undefined) {
    for (const mount of sameDev) edges.addGuess(holder, mountNodeId(mount.id));
  }
}

/** Adds the edges for a path that may be a device or a file: a loop's backing file, a swap's path. */
export function addPathEdges(
  holder: NodeId,
  path: string,
  dev: string | undefined,
  mounts: MountIndex,
  devices: DeviceIndex,
  edges: EdgeList,
): void {
  const device = findDeviceByPath(devices, path);
  if (device !== undefined) edges.add(holder, blockNodeId(device.dev));
  else addFileEdges(holder, path, dev, mounts, devices, edges);
}
