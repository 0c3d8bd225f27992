/** Read access to the host's files. Paths are byte strings; all methods throw `SysError`. */
export interface FileReader {
  /** lstat(2); undefined if there is no such file. */
  status(path: string): FileInfo | undefined;
  /** Reads a whole file; EFBIG if it has more than `max` bytes. */
  readBytes(path: string, max: number): Uint8Array;
  /** The same as `readBytes`, as a byte string. */
  readText(path: string, max: number): string;
  /** The path without symbolic links, realpath(3); undefined if it does not exist. */
  realPath(path: string): string | undefined;
  /** Names, sorted, without "." and "..". */
  readDir(path: string): readonly string[];
  /** access(2) X_OK, which systemd-shutdown checks before it pivots. */
  isExecutable(path: string): boolean;
}

export interface FileInfo {
  readonly kind: "file" | "directory" | "other";
  /** Permission bits, with set-user-id and the like. */
  readonly mode: number;
  readonly size: number;
  /** "major:minor" of the file system; differs from the parent directory's at a mount point. */
  readonly dev: string;
}

export interface NewFile {
  readonly path: string;
  readonly data: Uint8Array;
  readonly mode: number;
}

/** Write access to the host's files. */
export interface FileWriter {
  /**
   * Writes a temporary file, syncs it, renames it and syncs the directory: at any moment the path
   * names either the old file or the complete new one. On failure the old file stays and the
   * temporary file is removed. The target of a link is replaced, not the link. Anything else than a
   * regular file fails with EEXIST, a directory with EISDIR.
   */
  replaceFile(path: string, data: Uint8Array, mode: number): void;
  /**
   * The same for files that belong together, in one directory: all are written and synced before
   * the first one is renamed, so that a full disk leaves all of the old ones.
   */
  replaceFiles(files: readonly NewFile[]): void;
  /** unlink(2). */
  removeFile(path: string): void;
}

/** Files that a user names. What nobody asked for is read by `FileReader`, which waits for nothing. */
export interface InputReader {
  /** The whole of it: "-" is standard input, and a pipe's writer is waited for. */
  readInput(path: string, max: number): Uint8Array;
}

export interface OutputWriter {
  /**
   * Writes into a pipe or a character device that is there, and into standard output for "-";
   * replaces anything else as `replaceFile` does.
   */
  writeOutput(path: string, data: Uint8Array, mode: number): void;
}
