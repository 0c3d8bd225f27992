import type { DeviceIndex } from "../../teardown/graph/device-index.ts";
import type { EdgeList } from "../../teardown/graph/edges.ts";
import { blockNodeId, mountNodeId, poolNodeId } from "../../teardown/graph/node-id.ts";
import type { Snapshot } from "../../teardown/snapshot/snapshot.ts";
import { readPoolOfDataset } from "./protocol.ts";

/** Datasets and zvols lie on their pool, the pool on its devices. */
export function addZfsEdges(snapshot: Snapshot, devices: DeviceIndex, edges: EdgeList): void {
  for (const pool of snapshot.zfs?.pools ?? []) {
    for (const name of pool.devices) {
      const device = devices.byName.get(name);
      if (device !== undefined) edges.add(poolNodeId(pool.name), blockNodeId(device.dev));
    }
  }
  for (const mount of snapshot.mounts) {
    if (mount.fsType !== "zfs") continue;
    edges.add(mountNodeId(mount.id), poolNodeId(readPoolOfDataset(mount.source)));
  }
  for (const { dev, zvol } of snapshot.devices) {
    if (zvol !== undefined) edges.add(blockNodeId(dev), poolNodeId(readPoolOfDataset(zvol)));
  }
}
