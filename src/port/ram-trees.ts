import type { VerityParameters } from "../image/disk-image/verity-table.ts";

/** Trees in RAM and their mounts: everything that loading changes. All throw `SysError`. */
export interface RamTrees {
  /**
   * Creates a file system that is not mounted: unless it is attached, it vanishes with this process,
   * even if that is killed. Throws EINVAL if the kernel does not know one of `options`.
   */
  create(fsType: "tmpfs" | "ramfs", options: readonly TreeOption[]): RamTree;
  /** umount2(2) of what is on top at `target`, MNT_DETACH: it is RAM and pins no device. */
  unmount(target: string): void;
  makeDirectory(path: string, mode: number): void;
  /** rmdir(2). */
  removeDirectory(path: string): void;
}

/** A file with a file system followed by its hash tree, verified on every read. */
export interface VerityDevice extends VerityParameters {
  /** The signature of the root hash: PKCS#7, DER. */
  readonly signature: Uint8Array;
}

export interface VerityTree extends Pick<RamTree, "attach" | "close"> {
  /** Whether a key of the kernel's own keyrings vouches for the root hash. */
  readonly isVerifiedByKernel: boolean;
}

/** A mount option; a flag has no value. */
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
   * Mounts the EROFS in the file `path` through dm-verity, detached. This tree may be closed then;
   * everything vanishes with the new mount. Throws ENOENT or EINVAL if the kernel lacks loop devices,
   * the device-mapper or a target.
   */
  openVerity(path: string, device: VerityDevice): VerityTree;
  /** Makes it the root and working directory of this process (chroot(2)), mounted or not. */
  enter(): void;
  /** Mounts it at `target`, on top of what is there, in one step. */
  attach(target: string): void;
  /** Closes it; if it was not attached, it vanishes. */
  close(): void;
}
