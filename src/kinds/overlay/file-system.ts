import { findMountOfPath, isMountedBelow } from "../../teardown/graph/mount-index.ts";
import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { FileSystem } from "../file-system.ts";
import { listOverlayLayers } from "./layers.ts";

/**
 * An overlay holds its layers' superblocks, through mounts of its own that
 * nobody sees. A layer mounted elsewhere is released after it. One mounted
 * below the overlay itself, as in every live system, goes first, as its child:
 * there the overlay holds what is under the layer.
 */
export const overlay: FileSystem = {
  addEdges(mount, _own, { mounts, edges, listDevices }) {
    const id = mountNodeId(mount.id);
    for (const path of listOverlayLayers(mount.superOptions)) {
      const layer = findMountOfPath(mounts, path, (other) => other.id !== mount.id);
      if (layer === undefined) continue;
      // A mount stacked there later is not a layer and may itself lie on the overlay; the kernel
      // does not say which mount was the layer.
      const stacked = mounts.byTarget.get(layer.target)?.filter((one) => one.id !== mount.id) ?? [];
      const add = stacked.length > 1 ? edges.addGuess : edges.add;
      for (const one of stacked) {
        if (!isMountedBelow(one, mount, mounts)) add(id, mountNodeId(one.id));
        for (const device of listDevices(one)) add(id, blockNodeId(device.dev));
      }
    }
  },
};
