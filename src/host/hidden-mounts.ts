import {
  CLONE_NEWNS,
  close,
  MNT_DETACH,
  MS_MOVE,
  MS_NODEV,
  MS_NOSUID,
  mkdir,
  mount,
  moveMount,
  O_RDONLY,
  openTree,
  pivotRoot,
  setns,
  umount2,
  unshare,
} from "exitrd:sys";
import { listHidden } from "../kinds/mount/hidden.ts";
import { parseMountinfo } from "../kinds/mount/mountinfo.ts";
import { attempt } from "../port/sys-error.ts";
import type { HiddenMounts } from "../port/teardown.ts";
import { uncoveredPlace } from "../text/tree-paths.ts";
import { readMountinfo } from "./read-mountinfo.ts";
import { withOpen } from "./with-open.ts";

// linux/sched.h
const CLONE_FS = 0x200;

/** Our tree's place in the root file system of the initramfs while the hidden mounts are moved. */
const TREE = "/.exitrd";
// The most mounts that are stacked on one directory.
const MOST_AT_ONE_PLACE = 16;

/** The `HiddenMounts` port. All mounts have to be private. */
export const hostHiddenMounts: HiddenMounts = {
  rehearse() {
    unshare(CLONE_NEWNS);
    return uncover(() => {
      // Fails with EINVAL if the mount beneath is shared: detaching it in a copy would also detach
      // it in the original. Otherwise it stacks the old root on the new one.
      pivotRoot("/proc", "/proc");
      umount2("/", MNT_DETACH);
    });
  },
  uncover() {
    // setns(2) refuses a process that shares its root and working directory, as PID 1 does with
    // kernel threads.
    unshare(CLONE_FS);
    return uncover(() => {});
  },
};

/**
 * No path leads beneath the root: pivot_root(2) leaves every root mounted over that of the
 * initramfs, and ".." does not go beyond a root. But a process that enters a mount namespace gets
 * its topmost root. So our whole tree is copied and the original detached, which makes the lowest
 * root the topmost one.
 */
function uncover(check: () => void): readonly string[] {
  // Opened before anything is changed, since /proc is part of what is detached.
  return withOpen("/proc/self/ns/mnt", O_RDONLY, (namespace) => {
    const tree = openTree("/");
    check();
    umount2("/", MNT_DETACH);
    setns(namespace, CLONE_NEWNS);
    const moved = attempt(() => moveHidden(tree)) ?? [];
    moveMount(tree, "/", 0);
    setns(namespace, CLONE_NEWNS);
    close(tree);
    return moved;
  });
}

/**
 * Moves the mounts that hold data into our tree, so that they are observed and released like all
 * others.
 */
function moveHidden(tree: number): readonly string[] {
  attempt(() => mkdir(TREE, 0o700));
  moveMount(tree, TREE, 0);
  const targets = listHidden(parseMountinfo(readMountinfo(`${TREE}/proc/self/mountinfo`)), TREE);
  if (targets.length === 0) return [];
  mount("tmpfs", `${TREE}${uncoveredPlace}`, "tmpfs", MS_NOSUID | MS_NODEV, "");
  return targets.filter((target) => moveAll(target, `${TREE}${uncoveredPlace}`));
}

/** Moves the mounts stacked at one place, each to a place of its own. False if there were none. */
function moveAll(target: string, place: string): boolean {
  for (let count = 0; count < MOST_AT_ONE_PLACE; count += 1) {
    const to = `${place}${count === 0 ? "" : `/${count}`}${target}`;
    makeDirectories(to);
    const isMoved = attempt(() => {
      mount(target, to, "", MS_MOVE, "");
      return true;
    });
    if (isMoved === undefined) return count > 0;
  }
  return true;
}

function makeDirectories(path: string): void {
  const parts = path.split("/");
  for (const index of parts.keys()) {
    attempt(() => mkdir(parts.slice(0, index + 1).join("/"), 0o755));
  }
}
