import type { Graph } from "../../teardown/graph/graph.ts";
import { findParent, indexMounts, listParentsFirst } from "../../teardown/graph/mount-index.ts";
import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import { isApiMount } from "./node.ts";

/** Groups API mounts that use nothing else with the API mount that they are mounted on. */
export function leadApiMounts(
  graph: Graph,
  going: readonly AnyNode[],
  leaders: Map<NodeId, NodeId>,
): void {
  const index = indexMounts(going.filter(isApiMount).map(({ mount }) => mount));
  for (const mount of listParentsFirst(index)) {
    const parent = findParent(index, mount);
    // umount2(2) removes the topmost mount of a target, so each mount of a stack needs its own
    // step.
    if (parent === undefined || parent.target === mount.target) continue;
    const id = mountNodeId(mount.id);
    const parentId = mountNodeId(parent.id);
    const [backing, another] = graph.backings.get(id) ?? [];
    if (backing !== parentId || another !== undefined) continue;
    leaders.set(id, leaders.get(parentId) ?? parentId);
  }
}
