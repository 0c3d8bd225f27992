import type { EdgeList } from "../../teardown/graph/edges.ts";
import { findParent, listParentsFirst, type MountIndex } from "../../teardown/graph/mount-index.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";

/**
 * A mount that is covered by a later one on the same parent cannot be reached by its path, which
 * umount2(2) needs: it must wait until the cover is gone. The same applies to everything that is
 * mounted below it.
 */
export function addCoverEdges(mounts: MountIndex, edges: EdgeList): void {
  const covers = new Map<number, Mount>();
  for (const mount of listParentsFirst(mounts)) {
    const cover = findCover(mount, mounts) ?? covers.get(mount.parentId);
    if (cover === undefined) continue;
    covers.set(mount.id, cover);
    edges.add(mountNodeId(cover.id), mountNodeId(mount.id));
  }
}

/**
 * Finds a sibling whose target is a parent directory: if it were older, it would be the parent
 * mount. Mounts stacked on "/" cover nothing, because a lookup starts below them.
 */
function findCover(mount: Mount, mounts: MountIndex): Mount | undefined {
  const target = mount.target;
  const shortest = findParent(mounts, mount)?.target.length ?? 1;
  for (let end = target.lastIndexOf("/"); end >= shortest; end = target.lastIndexOf("/", end - 1)) {
    if (end === 0) return undefined;
    const cover = findSibling(mount, target.slice(0, end), mounts);
    if (cover !== undefined) return cover;
  }
  return undefined;
}

function findSibling(mount: Mount, target: string, mounts: MountIndex): Mount | undefined {
  let found: Mount | undefined;
  for (const other of mounts.byTarget.get(target) ?? []) {
    const isSibling = other.parentId === mount.parentId && other.id !== mount.parentId;
    if (isSibling && other.id > (found?.id ?? -1)) found = other;
  }
  return found;
}
