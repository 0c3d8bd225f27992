import { findCycles } from "../../teardown/graph/find-cycles.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import { listHolders } from "../../teardown/graph/list-holders.ts";
import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import type { Broken } from "../../teardown/kind.ts";
import { isMountNode } from "./node.ts";

// The kinds for which the kernel itself keeps a file open.
const FILE_USERS: ReadonlySet<string> = new Set(["loop", "md", "swap"]);

/**
 * Breaks the cycle of every root that lies in an image file: the mount that
 * holds the file hangs below the root, the root lies on the loop device, the
 * loop device keeps the file open.
 *
 * Such a mount is detached (MNT_DETACH): it leaves its place at once, and its
 * file system lives on until the loop device lets go of the file. So its
 * devices then wait for the loop device, as they would have for the mount.
 */
export function detachImages<N extends AnyNode>(given: Graph<N>): Broken<N> {
  const marks = new Map<NodeId, readonly NodeId[]>();
  let graph = given;
  // Of images in images, each round breaks the outermost cycle.
  for (;;) {
    const next = detachOutermost(graph, marks);
    if (next === undefined) return { graph, marks };
    graph = next;
  }
}

/** One round; undefined where no cycle can be broken any more. */
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
 * Only files that the kernel itself keeps open may hold it, and the cycle must
 * pass through its place: detaching frees no device.
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
    pins.every((pin) => FILE_USERS.has(graph.nodes.get(pin)?.kind ?? "")) &&
    below.every((backing) => isMount(graph, backing) || !members.has(backing))
  );
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
