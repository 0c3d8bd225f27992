import { uncoveredPlace } from "../../text/tree-paths.ts";
import type { Mount } from "../snapshot/base.ts";

/** Finds mounts by id and by path. */
export interface MountIndex {
  readonly byId: ReadonlyMap<number, Mount>;
  readonly byTarget: ReadonlyMap<string, readonly Mount[]>;
  readonly byDev: ReadonlyMap<string, readonly Mount[]>;
}

export function indexMounts(mounts: readonly Mount[]): MountIndex {
  const byId = new Map<number, Mount>();
  const byTarget = new Map<string, Mount[]>();
  const byDev = new Map<string, Mount[]>();
  for (const mount of mounts) {
    byId.set(mount.id, mount);
    append(byTarget, mount.target, mount);
    append(byDev, mount.dev, mount);
  }
  return { byId, byTarget, byDev };
}

/** Adds a mount to the list of a key. */
export function append<K>(lists: Map<K, Mount[]>, key: K, mount: Mount): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [mount]);
  else list.push(mount);
}

/** The mount that `mount` is mounted on; undefined for a root, whose parent is not listed. */
export function findParent(index: MountIndex, mount: Mount): Mount | undefined {
  return mount.parentId === mount.id ? undefined : index.byId.get(mount.parentId);
}

/** Whether `mount` is `ancestor` or a descendant of it. */
export function isMountedBelow(mount: Mount, ancestor: Mount, mounts: MountIndex): boolean {
  let at: Mount | undefined = mount;
  // A forged snapshot could contain a ring of parents.
  for (let steps = 0; at !== undefined && steps <= mounts.byId.size; steps++) {
    if (at.id === ancestor.id) return true;
    at = findParent(mounts, at);
  }
  return false;
}

/** Where the old root is after the pivot. */
const OLD_ROOT = "/oldroot";

/**
 * The mount that contains the file at `path`, among those that `accept` returns true for: the longest
 * prefix. Paths recorded before the pivot lack /oldroot, so they are looked up below it first.
 */
export function findMountOfPath(
  index: MountIndex,
  path: string,
  accept: (mount: Mount) => boolean,
): Mount | undefined {
  if (!path.startsWith("/")) return undefined;
  const asWritten = findLongestPrefix(index, path, accept);
  if (!index.byTarget.has(OLD_ROOT) || isBelow(path, OLD_ROOT)) return asWritten;
  const moved = findLongestPrefix(index, OLD_ROOT + path, accept);
  const uncovered = findLongestPrefix(
    index,
    uncoveredPlace + path,
    (mount) => mount.target.startsWith(`${uncoveredPlace}/`) && accept(mount),
  );
  const movedLength = (moved?.target.length ?? 0) - OLD_ROOT.length;
  const writtenLength = asWritten === undefined ? -1 : asWritten.target.replace(/^\/$/, "").length;
  const uncoveredLength = (uncovered?.target.length ?? 0) - uncoveredPlace.length;
  if (uncoveredLength > Math.max(movedLength, writtenLength)) return uncovered;
  return moved !== undefined && movedLength >= writtenLength ? moved : (asWritten ?? moved);
}

/** The mount that a lookup of `path` ends in now, considering covered mounts. */
export function lookUpMount(index: MountIndex, path: string): Mount | undefined {
  // A lookup starts below the mounts stacked on "/".
  let at = index.byTarget.get("/")?.find((mount) => findParent(index, mount) === undefined);
  for (let end = 1; at !== undefined && end <= path.length; end++) {
    if (end < path.length && path[end] !== "/") continue;
    at = followMounts(index, at, path.slice(0, end));
  }
  return at;
}

/** Follows the mounts stacked on a path in `from`, up to the topmost. */
function followMounts(index: MountIndex, from: Mount, target: string): Mount {
  const on = new Map<number, Mount>();
  // The first mount on each counts.
  for (const mount of (index.byTarget.get(target) ?? []).toReversed()) {
    if (mount.parentId !== mount.id) on.set(mount.parentId, mount);
  }
  let at = from;
  // A forged snapshot could contain a ring of parents.
  for (let steps = 0; steps < on.size; steps++) at = on.get(at.id) ?? at;
  return at;
}

/** Whether `path` is `dir` or below it. */
export function isBelow(path: string, dir: string): boolean {
  return path === dir || path.startsWith(dir === "/" ? "/" : `${dir}/`);
}

function findLongestPrefix(
  index: MountIndex,
  path: string,
  accept: (mount: Mount) => boolean,
): Mount | undefined {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const found = pickTopmost((index.byTarget.get(path.slice(0, end)) ?? []).filter(accept));
    if (found !== undefined) return found;
  }
  return pickTopmost((index.byTarget.get("/") ?? []).filter(accept));
}

/** The topmost of several mounts stacked on one path: the one that is not a parent of another. */
function pickTopmost(stacked: readonly Mount[]): Mount | undefined {
  if (stacked.length < 2) return stacked[0];
  const parents = new Set(stacked.map((mount) => mount.parentId));
  const tops = stacked.filter((mount) => !parents.has(mount.id) || mount.parentId === mount.id);
  // The largest id, so that the order of the list makes no difference.
  return (tops.length > 0 ? tops : stacked).reduce((a, b) => (a.id > b.id ? a : b));
}

/** All mounts, each after its parent; those whose parents form a ring are left out. */
export function listParentsFirst(index: MountIndex): readonly Mount[] {
  const children = new Map<number, Mount[]>();
  const listed: Mount[] = [];
  for (const mount of index.byId.values()) {
    const parent = findParent(index, mount);
    if (parent === undefined) listed.push(mount);
    else append(children, parent.id, mount);
  }
  // The list grows in the loop: breadth first, without recursion.
  // Not spread: the arguments of a call are limited, to 65,535 in QuickJS.
  for (const mount of listed) {
    for (const child of children.get(mount.id) ?? []) listed.push(child);
  }
  return listed;
}
