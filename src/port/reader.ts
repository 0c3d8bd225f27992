import type { DmState } from "../kinds/dm/state.ts";

/**
 * All that observing needs of the kernel, and nothing that changes it: a dry
 * run holds only this and so cannot act, by type. Strings are byte strings.
 * Every method throws a `SysError`.
 */
export interface Reader {
  /** Reads a whole file, including those of /proc and /sys. */
  readText(path: string): string;
  /** Names, sorted, without "." and "..". */
  readDir(path: string): readonly string[];
  readLink(path: string): string;
  /** Follows symbolic links. */
  stat(path: string): FileStatus;
  /** A "user." extended attribute; throws ENODATA if there is none. */
  readAttribute(path: string, name: string): string;
  /** uname(2)'s release. */
  kernelRelease(): string;
  /** DM_TABLE_STATUS of one device, by its "major:minor", without a flush. */
  readDm(dev: string): DmState;
  /** LOOP_GET_STATUS64: "major:minor" of what holds the backing file. */
  readLoopBackingDev(name: string): string;
  /** GET_BITMAP_FILE: the path of an array's bitmap file. */
  readMdBitmapFile(name: string): string;
  /** DRBD_ADM_GET_STATUS: the resource that a minor belongs to; undefined if unknown. */
  readDrbdResource(minor: number): string | undefined;
  /** BLKZNAME: the dataset that a zvol shows. */
  readZvolName(name: string): string;
  /** The ZFS pool that the label at a block device's beginning names; undefined without one. */
  readPoolLabel(name: string): string | undefined;
}

/**
 * Used inside the exitrd only: the check itself claims the device for a moment, in which a mount(2)
 * or mkfs(8) would fail with EBUSY.
 */
export interface Claims {
  /**
   * Whether the kernel has claimed the block device: open(2) with O_EXCL fails with EBUSY. This is the
   * only way to see a superblock whose mounts are all in another mount namespace.
   */
  isClaimed(name: string): boolean;
}

export interface FileStatus {
  /** "major:minor" of the file system. */
  readonly dev: string;
  /** "major:minor" of a device node itself. */
  readonly rdev: string;
  /** The mount that the path leads to; 0 before Linux 5.8. */
  readonly mountId: number;
  readonly uid: number;
  /** A block device node, whose number is in `rdev`. */
  readonly isBlock: boolean;
}
