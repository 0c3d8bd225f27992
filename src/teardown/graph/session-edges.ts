import type { Session } from "../snapshot/snapshot.ts";
import type { DeviceIndex } from "./device-index.ts";
import type { EdgeList } from "./edges.ts";
import { blockNodeId, sessionNodeId } from "./node-id.ts";

/** A session's disks lie on it. */
export function addSessionEdges(session: Session, devices: DeviceIndex, edges: EdgeList): void {
  for (const name of session.devices) {
    const device = devices.byName.get(name);
    if (device !== undefined) edges.add(blockNodeId(device.dev), sessionNodeId(session.name));
  }
}
