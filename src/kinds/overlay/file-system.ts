import { findMountOfPath, isMountedBelow } from "../../teardown/graph/mount-index.ts";
import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { FileSystem } from "../file-system.ts";
import { listDataLayers, listOverlayLayers } from "./layers.ts";

/**
 * An overlay holds the superblocks of its layers, through internal mounts that are not visible. A
 * layer that is mounted elsewhere is released after the overlay. A layer that is mounted below the
 * overlay itself, as in every live system, is its child and is released first: there the overlay
 * holds what is below the layer.
 *
 * A composefs holds more: the image of its first layer, an EROFS without a mount, is a file next to
 * its data, which the kernel keeps open through the mount in which it was found.
 */
export const overlay: FileSystem = {
  addEdges(mount, _own, { mounts, edges, listDevices }) {
    const id = mountNodeId(mount.id);
    const data = new Set(listDataLayers(mount.superOptions));
    for (const path of listOverlayLayers(mount.superOptions)) {
      const layer = findMountOfPath(mounts, path, (other) => other.id !== mount.id);
      if (layer === undefined) continue;
      // A mount stacked there later is not a layer and may itself be on the overlay; the kernel
      // does not say which mount was the layer.
      const stacked = mounts.byTarget.get(layer.target)?.filter((one) => one.id !== mount.id) ?? [];
      const add = stacked.length > 1 ? edges.addGuess : edges.add;
      for (const one of stacked) {
        const isBelow = isMountedBelow(one, mount, mounts);
        if (!isBelow || data.has(path)) add(id, mountNodeId(one.id));
        for (const device of listDevices(one)) add(id, blockNodeId(device.dev));
      }
    }
  },
  holdsFile: ({ superOptions }) => listDataLayers(superOptions).length > 0,
};
