import type { DeviceIndex } from "../../teardown/graph/device-index.ts";
import type { EdgeList } from "../../teardown/graph/edges.ts";
import { blockNodeId, sessionNodeId } from "../../teardown/graph/node-id.ts";
import type { Session } from "../../teardown/snapshot/snapshot.ts";

/** A session's disks lie on it. */
export function addSessionEdges(session: Session, devices: DeviceIndex, edges: EdgeList): void {
  for (const name of session.devices) {
    const device = devices.byName.get(name);
    if (device !== undefined) edges.add(blockNodeId(device.dev), sessionNodeId(session.name));
  }
}
