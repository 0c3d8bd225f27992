import { isInUse } from "../../teardown/graph/device-index.ts";
import type { EdgeList } from "../../teardown/graph/edges.ts";
import { findMountOfPath, type MountIndex } from "../../teardown/graph/mount-index.ts";
import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Mount, Snapshot } from "../../teardown/snapshot/snapshot.ts";
import { isApiFileSystem } from "../file-systems.ts";
import { listOverlayLayers } from "./layers.ts";

/**
 * An overlay keeps its layers' file systems after their mounts are gone, and
 * nothing tells which: systemd-shutdown unmounts those of a live system before
 * the pivot. What is in use although nothing visible holds it must be they.
 */
export function addHiddenLayerEdges(snapshot: Snapshot, mounts: MountIndex, edges: EdgeList): void {
  const overlays = snapshot.mounts.filter(
    (mount) => mount.fsType === "overlay" && hasHiddenLayer(mount, mounts),
  );
  if (overlays.length === 0) return;
  const held = new Set([...edges.certain.values(), ...edges.guesses.values()].flat());
  for (const device of snapshot.devices) {
    const id = blockNodeId(device.dev);
    if (!isInUse(device) || held.has(id)) continue;
    for (const overlay of overlays) {
      // An image on the overlay itself is none of its layers.
      if (device.loop?.backingDev !== overlay.dev) edges.add(mountNodeId(overlay.id), id);
    }
  }
}

function hasHiddenLayer(overlay: Mount, mounts: MountIndex): boolean {
  return listOverlayLayers(overlay.superOptions).some((path) => {
    const layer = findMountOfPath(mounts, path, (mount) => mount.id !== overlay.id);
    return layer === undefined || isApiFileSystem(layer.fsType);
  });
}
