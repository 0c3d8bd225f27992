import { addBcacheSetEdges, addDeviceEdges } from "../../kinds/device-edges.ts";
import { addGates } from "../../kinds/dm/gates.ts";
import { addJournalEdges } from "../../kinds/ext4/model.ts";
import { addServedEdges, addServerEdges } from "../../kinds/fuse/server-edges.ts";
import { addCoverEdges } from "../../kinds/mount/cover-edges.ts";
import { addMountEdges } from "../../kinds/mount/edges.ts";
import { addNamespaceEdges } from "../../kinds/nsfs/model.ts";
import { addHiddenLayerEdges } from "../../kinds/overlay/hidden-layers.ts";
import { addSessionEdges } from "../../kinds/session/model.ts";
import { addSwapEdges } from "../../kinds/swap/edges.ts";
import { addZfsEdges } from "../../kinds/zpool/model.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { indexDevices, listMultiDevices } from "./device-index.ts";
import { createEdgeList } from "./edges.ts";
import type { Graph } from "./graph.ts";
import { makeNodes } from "./make-nodes.ts";
import { indexMounts } from "./mount-index.ts";
import { settleGuesses } from "./settle-guesses.ts";

/**
 * Concludes from a snapshot who uses what. The order of the snapshot's lists
 * makes no difference; what it names but does not hold is left out.
 */
export function buildGraph(snapshot: Snapshot): Graph {
  const nodes = makeNodes(snapshot);
  const edges = createEdgeList(nodes);
  const mounts = indexMounts(snapshot.mounts);
  const devices = indexDevices(snapshot.devices, listMultiDevices(snapshot));
  for (const mount of snapshot.mounts) addMountEdges(mount, mounts, devices, edges);
  addCoverEdges(mounts, edges);
  for (const swap of snapshot.swaps) addSwapEdges(swap, mounts, devices, edges);
  for (const device of snapshot.devices) addDeviceEdges(device, mounts, devices, edges);
  addJournalEdges(snapshot, devices, edges);
  for (const set of snapshot.bcacheSets ?? []) addBcacheSetEdges(set, devices, edges);
  for (const session of snapshot.sessions ?? []) addSessionEdges(session, devices, edges);
  addServerEdges(snapshot, mounts, edges);
  addZfsEdges(snapshot, devices, edges);
  addHiddenLayerEdges(snapshot, mounts, edges);
  addNamespaceEdges(snapshot, edges);
  return addGates(addServedEdges(settleGuesses(nodes, edges), snapshot));
}
