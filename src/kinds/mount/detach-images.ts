import { findCycles } from "../../teardown/graph/find-cycles.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import { listHolders } from "../../teardown/graph/list-holders.ts";
import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import type { Broken } from "../../teardown/kind.ts";
import { findFileSystem } from "../file-systems.ts";
import { isMountNode } from "./node.ts";

// The kinds for which the kernel itself keeps a file open, besides some file systems.
export const FILE_USERS: ReadonlySet<string> = new Set(["loop", "md", "swap"]);

/**
 * Breaks the cycle of every root in an image file: the mount that contains the file is mounted below
 * the root, the root is on the loop device, and the loop device keeps the file open. A file system
 * can also keep the file open itself, without a loop device.
 *
 * Such a mount is detached (MNT_DETACH): it is removed from the tree immediately, and its file
 * system stays active until the loop device closes the file. Its devices therefore wait for the
 * loop device instead of the mount.
 */
export function detachImages<N extends AnyNode>(given: Graph<N>): Broken<N> {
  const marks = new Map<NodeId, readonly NodeId[]>();
  let graph = given;
  // For images inside images, each round breaks the outermost cycle.
  for (;;) {
    const next = detachOutermost(graph, marks);
    if (next === undefined) return { graph, marks };
    graph = next;
  }
}

/** One round; undefined if no further cycle can be broken. */
function detachOutermost<N extends AnyNode>(
  graph: Graph<N>,
  marks: Map<NodeId, readonly NodeId[]>,
): Graph<N> | undefined {
  const before = marks.size;
  const cycles = findCycles(graph);
  if (cycles.length === 0) return undefined;
  const backings = new Map(graph.backings);
  const holders = listHolders(graph);
  for (const cycle of cycles) {
    const members = new Set(cycle);
    for (const id of cycle) {
      const pins = (holders.get(id) ?? []).filter((holder) => members.has(holder));
      if (marks.has(id) || !isDetachable(graph, id, pins, members)) continue;
      marks.set(id, []);
      const devices = (graph.backings.get(id) ?? []).filter((backing) => !isMount(graph, backing));
      for (const pin of pins) backings.set(pin, replace(backings.get(pin) ?? [], id, devices));
    }
  }
  return marks.size === before ? undefined : { nodes: graph.nodes, backings };
}

/**
 * Whether only files that the kernel itself keeps open hold the mount, and the cycle contains the
 * mount that it is mounted on: detaching does not free a device.
 */
function isDetachable(
  graph: Graph,
  id: NodeId,
  pins: readonly NodeId[],
  members: ReadonlySet<NodeId>,
): boolean {
  if (!isMount(graph, id)) return false;
  const below = graph.backings.get(id) ?? [];
  return (
    pins.every((pin) => usesFile(graph.nodes.get(pin))) &&
    below.every((backing) => isMount(graph, backing) || !members.has(backing))
  );
}

function usesFile(node: AnyNode | undefined): boolean {
  if (!isMountNode(node)) return FILE_USERS.has(node?.kind ?? "");
  return findFileSystem(node.mount.fsType)?.holdsFile?.(node.mount) === true;
}

function isMount(graph: Graph, id: NodeId): boolean {
  return isMountNode(graph.nodes.get(id));
}

function replace(
  list: readonly NodeId[],
  removed: NodeId,
  added: readonly NodeId[],
): readonly NodeId[] {
  return [...new Set([...list.filter((id) => id !== removed), ...added])].sort();
}
