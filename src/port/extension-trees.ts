import type { FileSystemType } from "../image/disk-image/find-file-system.ts";
import type { FoundFile } from "../image/extension/check-files.ts";

/** The contents of extensions. All throw `SysError`. */
export interface ExtensionTrees {
  /** A directory of the host. */
  openDirectory(path: string): ExtensionTree;
  /**
   * Mounts a file system from memory, read-only and detached, so that exactly the verified bytes are
   * read. fsopen(2) fails if the kernel does not know the type, open(2) if it has no loop devices.
   */
  openFileSystem(type: FileSystemType, data: Uint8Array): ExtensionTree;
}

/** Paths are relative to its top directory, which is "". */
export interface ExtensionTree {
  /** Names, without "." and "..", in any order. */
  readDir(path: string): readonly string[];
  /** lstat(2). */
  status(path: string): FoundFile;
  /** Reads a whole file; EFBIG if it has more than `max` bytes. */
  readBytes(path: string, max: number): Uint8Array;
  close(): void;
}
