import {
  findParent,
  indexMounts,
  isBelow,
  listParentsFirst,
} from "../../teardown/graph/mount-index.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import { isApiFileSystem } from "../file-systems.ts";

/**
 * What is mounted beneath the root and may hold storage, as seen from the lowest root of all, where
 * our own tree lies at `tree`: the topmost of each, whose parents hold nothing. In mountinfo's order.
 */
export function listHidden(mounts: readonly Mount[], tree: string): readonly string[] {
  const index = indexMounts(mounts);
  const isHidden = ({ target, fsType }: Mount): boolean =>
    target.length > 1 && !isBelow(target, tree) && !isApiFileSystem(fsType);
  const inHidden = new Set<Mount>();
  for (const mount of listParentsFirst(index)) {
    const parent = findParent(index, mount);
    if (parent !== undefined && (isHidden(parent) || inHidden.has(parent))) inHidden.add(mount);
  }
  const targets = mounts.filter((mount) => isHidden(mount) && !inHidden.has(mount));
  return targets.map(({ target }) => target);
}
