import type { EdgeList } from "../../teardown/graph/edges.ts";
import { append, listParentsFirst, type MountIndex } from "../../teardown/graph/mount-index.ts";
import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";

/**
 * A mount that is covered by a later one on the same parent cannot be reached by its path, which
 * umount2(2) needs: it must wait until the cover is gone. The same applies to everything that is
 * mounted below it.
 */
export function addCoverEdges(mounts: MountIndex, edges: EdgeList): void {
  const covers = findCovers(mounts);
  for (const mount of listParentsFirst(mounts)) {
    const cover = covers.get(mount.id) ?? covers.get(mount.parentId);
    if (cover === undefined) continue;
    covers.set(mount.id, cover);
    edges.add(mountNodeId(cover.id), mountNodeId(mount.id));
  }
}

/**
 * Finds for each mount the nearest sibling whose target is a parent directory: if it were older, it
 * would be the parent mount. Mounts stacked on "/" cover nothing, because a lookup starts below them.
 *
 * Linear in the length of a target, apart from sorting: a user can make it as long as he likes.
 */
function findCovers(mounts: MountIndex): Map<number, Mount> {
  const covers = new Map<number, Mount>();
  const families = new Map<number, Mount[]>();
  for (const mount of mounts.byId.values()) {
    if (mount.id !== mount.parentId) append(families, mount.parentId, mount);
  }
  for (const [parentId, family] of families) {
    const shortest = mounts.byId.get(parentId)?.target.length ?? 1;
    // Those with which the next targets begin.
    const open: Mount[] = [];
    for (const mount of family.sort(compareTargets)) {
      const { target } = mount;
      while (!target.startsWith(open.at(-1)?.target ?? "")) open.pop();
      const cover = open.findLast(
        ({ target: { length } }) => length >= shortest && target[length] === "/",
      );
      if (cover !== undefined) covers.set(mount.id, cover);
      open.push(mount);
    }
  }
  return covers;
}

/** Of mounts at one place, the last one comes last. */
function compareTargets(a: Mount, b: Mount): number {
  return a.target < b.target ? -1 : a.target > b.target ? 1 : a.id - b.id;
}
