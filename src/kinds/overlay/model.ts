import { findMountOfPath, type MountIndex } from "../../teardown/graph/mount-index.ts";
import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot, Mount } from "../../teardown/snapshot/base.ts";
import { isApiFileSystem } from "../file-systems.ts";
import type { LoopField } from "../loop/model.ts";
import { listOverlayLayers } from "./layers.ts";

/**
 * An overlay keeps the file systems of its layers active after their mounts are gone, and the
 * kernel does not report which: systemd-shutdown unmounts those of a live system before the pivot.
 * Devices that are in use without a visible holder are taken for these.
 */
export const overlayGraph: KindGraph<BaseSnapshot<BaseDevice & LoopField>, never> = {
  addLateEdges({ mounts: all, devices }, { mounts, inUse }, edges) {
    const overlays = all.filter(
      (mount) => mount.fsType === "overlay" && hasHiddenLayer(mount, mounts),
    );
    if (overlays.length === 0) return;
    const held = new Set([...edges.certain.values(), ...edges.guesses.values()].flat());
    for (const device of devices) {
      const id = blockNodeId(device.dev);
      if (!inUse.has(device.dev) || held.has(id)) continue;
      for (const overlay of overlays) {
        // An image on the overlay itself is not one of its layers.
        if (device.loop?.backingDev !== overlay.dev) edges.add(mountNodeId(overlay.id), id);
      }
    }
  },
};

function hasHiddenLayer(overlay: Mount, mounts: MountIndex): boolean {
  return listOverlayLayers(overlay.superOptions).some((path) => {
    const layer = findMountOfPath(mounts, path, (mount) => mount.id !== overlay.id);
    return layer === undefined || isApiFileSystem(layer.fsType);
  });
}
