import { endMonitors } from "../../kinds/mdmon/end-monitors.ts";
import { findCycles } from "../graph/find-cycles.ts";
import type { Graph } from "../graph/graph.ts";
import type { NodeId } from "../graph/node.ts";
import { listHolders } from "./list-holders.ts";

/** A graph with fewer cycles, and the mounts to detach lazily to get there. */
export interface Broken {
  readonly graph: Graph;
  readonly detached: ReadonlySet<NodeId>;
  /** See `Ended`. */
  readonly runsFrom: ReadonlyMap<NodeId, readonly NodeId[]>;
  /** Those that no rule breaks. */
  readonly cycles: readonly (readonly NodeId[])[];
}

/** Breaks each cycle that there is a rule for. */
export function breakCycles(given: Graph): Broken {
  const { graph, runsFrom } = endMonitors(given);
  return { ...detachImages(graph), runsFrom };
}

/**
 * Breaks the cycle of every root that lies in an image file: the mount that
 * holds the file hangs below the root, the root lies on the loop device, the
 * loop device keeps the file open.
 *
 * Such a mount is detached (MNT_DETACH): it leaves its place at once, and its
 * file system lives on until the loop device lets go of the file. So its
 * devices then wait for the loop device, as they would have for the mount.
 */
function detachImages(graph: Graph): Omit<Broken, "runsFrom"> {
  const cycles = findCycles(graph);
  if (cycles.length === 0) return { graph, detached: new Set(), cycles };
  const detached = new Set<NodeId>();
  const backings = new Map(graph.backings);
  const holders = listHolders(graph);
  for (const cycle of cycles) {
    const members = new Set(cycle);
    for (const id of cycle) {
      const pins = (holders.get(id) ?? []).filter((holder) => members.has(holder));
      if (!isDetachable(graph, id, pins, members)) continue;
      detached.add(id);
      const devices = (graph.backings.get(id) ?? []).filter((backing) => !isMount(graph, backing));
      for (const pin of pins) backings.set(pin, replace(backings.get(pin) ?? [], id, devices));
    }
  }
  const broken = { nodes: graph.nodes, backings };
  return { graph: broken, detached, cycles: findCycles(broken) };
}

/**
 * Only files that the kernel itself keeps open may hold it, and the cycle must
 * pass through its place: detaching frees no device.
 */
function isDetachable(
  graph: Graph,
  id: NodeId,
  pins: readonly NodeId[],
  members: ReadonlySet<NodeId>,
): boolean {
  const node = graph.nodes.get(id);
  if (node?.kind !== "mount") return false;
  const below = graph.backings.get(id) ?? [];
  return (
    pins.every((pin) => isFileUser(graph, pin)) &&
    below.every((backing) => isMount(graph, backing) || !members.has(backing))
  );
}

function isFileUser(graph: Graph, id: NodeId): boolean {
  const kind = graph.nodes.get(id)?.kind;
  return kind === "loop" || kind === "md" || kind === "swap";
}

function isMount(graph: Graph, id: NodeId): boolean {
  return graph.nodes.get(id)?.kind === "mount";
}

function replace(
  list: readonly NodeId[],
  removed: NodeId,
  added: readonly NodeId[],
): readonly NodeId[] {
  return [...new Set([...list.filter((id) => id !== removed), ...added])].sort();
}
