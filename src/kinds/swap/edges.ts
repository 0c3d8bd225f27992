import type { DeviceIndex } from "../../teardown/graph/device-index.ts";
import type { EdgeList } from "../../teardown/graph/edges.ts";
import { addPathEdges } from "../../teardown/graph/file-edges.ts";
import {
  findMountOfPath,
  findParent,
  isMountedBelow,
  lookUpMount,
  type MountIndex,
} from "../../teardown/graph/mount-index.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import { isApiFileSystem } from "../file-systems.ts";
import { type Swap, swapNodeId } from "./state.ts";

/**
 * Adds the backings of a swap area. Its open node keeps the mount that it is on busy. Only a devtmpfs
 * can be detached nevertheless; then the kernel shows the path from there on. If the device is not
 * known, swapoff(2) needs the path.
 */
export function addSwapEdges(
  swap: Swap,
  mounts: MountIndex,
  devices: DeviceIndex,
  edges: EdgeList,
): void {
  const device = swap.type === "partition" ? devices.byDev.get(swap.dev ?? "") : undefined;
  const id = swapNodeId(swap, device);
  const hidden = findHiddenMount(swap, mounts);
  if (device !== undefined) edges.add(id, blockNodeId(device.dev));
  else if (hidden !== undefined) addHiddenEdges(id, hidden, swap.path, mounts, edges);
  else addPathEdges(id, swap.path, swap.dev, mounts, devices, edges);
  if (swap.type === "file" || swap.path === `/${device?.name}`) return;
  const place = findMountOfPath(mounts, swap.path, () => true);
  if (place === undefined || (device !== undefined && isApiFileSystem(place.fsType))) return;
  edges.add(id, mountNodeId(place.id));
}

/**
 * Finds the mount of a swap file that is covered by a later mount. The kernel does not report it: the
 * path leads to the cover, which does not contain the file, so the file is on a mount below.
 */
function findHiddenMount(swap: Swap, mounts: MountIndex): Mount | undefined {
  if (swap.type !== "file" || swap.dev !== undefined || swap.mute) return undefined;
  const cover = lookUpMount(mounts, swap.path);
  return findMountOfPath(
    mounts,
    swap.path,
    (mount) => mount !== cover && !isApiFileSystem(mount.fsType) && mount.fsType !== "overlay",
  );
}

/** It must wait until all its covers are gone. */
function addHiddenEdges(
  id: NodeId,
  own: Mount,
  path: string,
  mounts: MountIndex,
  edges: EdgeList,
): void {
  edges.add(id, mountNodeId(own.id));
  let cover = lookUpMount(mounts, path);
  // A forged snapshot could chain parents in a ring.
  for (let steps = 0; cover !== undefined && steps <= mounts.byId.size; steps++) {
    if (isMountedBelow(own, cover, mounts)) return;
    edges.add(mountNodeId(cover.id), id);
    cover = findParent(mounts, cover);
  }
}
