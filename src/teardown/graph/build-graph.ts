import type { Snapshot } from "../snapshot/snapshot.ts";
import { addCoverEdges } from "./cover-edges.ts";
import { addBcacheSetEdges, addDeviceEdges } from "./device-edges.ts";
import { indexDevices, listMultiDevices } from "./device-index.ts";
import { createEdgeList } from "./edges.ts";
import { addGates } from "./gates.ts";
import type { Graph } from "./graph.ts";
import { addHiddenLayerEdges } from "./hidden-layer-edges.ts";
import { addJournalEdges } from "./journal-edges.ts";
import { makeNodes } from "./make-nodes.ts";
import { addMountEdges } from "./mount-edges.ts";
import { indexMounts } from "./mount-index.ts";
import { addNamespaceEdges } from "./namespace-edges.ts";
import { addServedEdges, addServerEdges } from "./server-edges.ts";
import { addSessionEdges } from "./session-edges.ts";
import { settleGuesses } from "./settle-guesses.ts";
import { addSwapEdges } from "./swap-edges.ts";
import { addZfsEdges } from "./zfs-edges.ts";

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
