import type { VerityParameters } from "../image/disk-image/verity-table.ts";

/** Trees in RAM and where they are mounted: all that loading changes. All throw `SysError`. */
export interface RamTrees {
  /**
   * A new file system, mounted nowhere: it goes with this process unless it is
   * attached, however the process ends. Throws EINVAL where the kernel does
   * not know one of `options`.
   */
  create(fsType: "tmpfs" | "ramfs", options: readonly TreeOption[]): RamTree;
  /** umount2(2) of what is on top at `target`, MNT_DETACH: it is RAM and pins no device. */
  unmount(target: string): void;
  makeDirectory(path: string, mode: number): void;
  /** rmdir(2). */
  removeDirectory(path: string): void;
}

/** A file with a file system and its hash tree behind it, to be checked with every read. */
export interface VerityDevice extends VerityParameters {
  /** Of the root hash: PKCS#7, DER. */
  readonly signature: Uint8Array;
}

export interface VerityTree extends Pick<RamTree, "attach" | "close"> {
  /** Whether a key of the kernel's own keyrings vouches for the root hash. */
  readonly isVerifiedByKernel: boolean;
}

/** A mount option, without a value where it is a flag. */
export interface TreeOption {
  readonly key: string;
  readonly value?: string;
}

export interface RamTree {
  makeDirectory(path: string, mode: number): void;
  writeFile(path: string, data: Uint8Array, mode: number): void;
  /** Makes the file system itself read-only, not this mount of it. */
  seal(): void;
  /**
   * Mounts the EROFS in its file `path` under dm-verity, nowhere: this tree may be
   * closed then, and all goes with that mount. Throws ENOENT or EINVAL where the
   * kernel lacks loop devices, the device-mapper or a target.
   */
  openVerity(path: string, device: VerityDevice): VerityTree;
  /** Makes it the root and working directory of this process (chroot(2)), mounted or not. */
  enter(): void;
  /** Mounts it at `target`, on top of what is there, in one step. */
  attach(target: string): void;
  /** Lets go of it: without `attach` this is its end. */
  close(): void;
}
