import { collectBelow } from "../../teardown/graph/collect-below.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import { listHolders } from "../../teardown/graph/list-holders.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Policy } from "../../teardown/plan/policy.ts";
import { isApiFileSystem } from "../file-systems.ts";
import { isMountNode, type MountNode } from "./node.ts";

/**
 * Lists the mounts among what is left that are busy, or that only a loop device or the like keeps,
 * and that keep the mount below them although they use other storage. If nothing else helps, they are
 * detached, so that only their own storage stays.
 *
 * What a mount is on or uses is not listed unless that mount is. Nor is one that uses another mount
 * directly: an overlay does not keep its layers busy, so they would seem to be released. The same
 * applies to one of several mounts of a file system. A mount that only other mounts keep can be
 * unmounted once they are detached.
 */
export function listKept(
  graph: Graph,
  left: ReadonlySet<NodeId>,
): Required<Pick<Policy, "detached" | "inUse">> {
  const mounts = [...left].flatMap((id) => {
    const node = graph.nodes.get(id);
    return isMountNode(node) && !isApiFileSystem(node.mount.fsType) ? [node] : [];
  });
  const holders = listHolders(graph);
  const ids = new Set(mounts.map(({ id }) => id));
  const isBelowMount = ({ id }: MountNode): boolean =>
    (holders.get(id) ?? []).some((holder) => ids.has(holder));
  const counts = new Map<string, number>();
  for (const { mount } of mounts) counts.set(mount.dev, (counts.get(mount.dev) ?? 0) + 1);
  const listUsed = ({ id, mount }: MountNode): readonly NodeId[] =>
    (graph.backings.get(id) ?? []).filter((backing) => backing !== mountNodeId(mount.parentId));
  const fixed = mounts.filter((node) => {
    const parent = mountNodeId(node.mount.parentId);
    const used = listUsed(node);
    return (
      !left.has(parent) ||
      counts.get(node.mount.dev) !== 1 ||
      used.some((id) => isMountNode(graph.nodes.get(id))) ||
      collectBelow(graph, used).has(parent)
    );
  });
  const tops = fixed.map(({ id }) => id);
  const staying = new Set([...tops, ...collectBelow(graph, tops)]);
  const kept = mounts.filter((node) => !staying.has(node.id) && !isBelowMount(node));
  return { detached: new Set(kept.map(({ id }) => id)), inUse: new Set(kept.flatMap(listUsed)) };
}
