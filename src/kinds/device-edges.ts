import { type DeviceIndex, findDeviceByPath } from "../teardown/graph/device-index.ts";
import type { EdgeList } from "../teardown/graph/edges.ts";
import { addFileEdges, addPathEdges } from "../teardown/graph/file-edges.ts";
import type { MountIndex } from "../teardown/graph/mount-index.ts";
import {
  bcacheSetNodeId,
  blockNodeId,
  drbdNodeId,
  mdmonNodeId,
  mountNodeId,
} from "../teardown/graph/node-id.ts";
import type { BlockDevice, MdMonitor, MultiDevice } from "../teardown/snapshot/snapshot.ts";
import { isApiFileSystem } from "./file-systems.ts";
import { readMdContainer } from "./md/protocol.ts";

/**
 * In place of the number of a file system that the kernel cannot ask any more: a FUSE whose
 * server is gone. Where a path to its file leads is then as doubtful as with one that nothing shows.
 */
const UNTOLD = "untold";

/** What one block device lies on: its slaves, its whole disk, its image, its container. */
export function addDeviceEdges(
  device: BlockDevice,
  mounts: MountIndex,
  devices: DeviceIndex,
  edges: EdgeList,
): void {
  const id = blockNodeId(device.dev);
  // A DRBD's volumes are taken down together, by their resource.
  const holder = device.drbd === undefined ? id : drbdNodeId(device.drbd.resource);
  edges.add(id, holder);
  for (const name of listBelow(device)) {
    const below = devices.byName.get(name);
    if (below !== undefined) edges.add(holder, blockNodeId(below.dev));
  }
  const { loop, md, zram } = device;
  if (loop !== undefined && device.partitionOf === undefined) {
    addPathEdges(id, loop.backingFile, loop.backingDev ?? UNTOLD, mounts, devices, edges);
  }
  if (zram !== undefined) {
    const below = findDeviceByPath(devices, zram.backingDevice);
    if (below !== undefined) edges.add(id, blockNodeId(below.dev));
  }
  // The set keeps writing to the cache for as long as anything is attached.
  if (device.bcache?.set !== undefined) edges.add(id, bcacheSetNodeId(device.bcache.set));
  // The kernel keeps a bitmap's file open until the array has stopped for good.
  if (md?.bitmapFile !== undefined) {
    addFileEdges(id, md.bitmapFile, undefined, mounts, devices, edges);
  }
  const container = readMdContainer(md?.metadataVersion ?? "");
  // Without its mdmon a volume can neither be marked clean nor be written to.
  if (container !== undefined) edges.add(id, mdmonNodeId(container));
  if (md?.monitor !== undefined) addMonitorEdges(device, md.monitor, mounts, edges);
}

/** An mdmon of the real root, and not of the initrd, keeps that root busy. */
function addMonitorEdges(
  container: BlockDevice,
  monitor: MdMonitor,
  mounts: MountIndex,
  edges: EdgeList,
): void {
  const id = mdmonNodeId(container.name);
  edges.add(id, blockNodeId(container.dev));
  for (const dev of monitor.fileSystems) {
    for (const mount of mounts.byDev.get(dev) ?? []) {
      if (!isApiFileSystem(mount.fsType)) edges.add(id, mountNodeId(mount.id));
    }
  }
}

function listBelow(device: BlockDevice): readonly string[] {
  if (device.partitionOf !== undefined) return [device.partitionOf];
  const names = [...device.slaves];
  // A volume's slaves are the disks, not the container that has to stop last.
  const container = readMdContainer(device.md?.metadataVersion ?? "");
  if (container !== undefined) names.push(container);
  return names;
}

/** What a cache set lies on: its cache devices. */
export function addBcacheSetEdges(set: MultiDevice, devices: DeviceIndex, edges: EdgeList): void {
  for (const name of set.devices) {
    const device = devices.byName.get(name);
    if (device !== undefined) edges.add(bcacheSetNodeId(set.uuid), blockNodeId(device.dev));
  }
}
