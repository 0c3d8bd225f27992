/** Read access to the host's files. Paths are byte strings; all methods throw `SysError`. */
export interface FileReader {
  /** lstat(2); undefined if there is no such file. */
  status(path: string): FileInfo | undefined;
  /** Reads a whole file; EFBIG if it has more than `max` bytes. */
  readBytes(path: string, max: number): Uint8Array;
  /** The same as a byte string. */
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

/** Write access to the host's files for `exitrd build` and `exitrd snapshot`. */
export interface FileWriter {
  /**
   * Writes a temporary file, syncs it, renames it and syncs the directory: at any moment the path
   * names either the old file or the complete new one. On failure the old file stays and the
   * temporary file is removed.
   */
  replaceFile(path: string, data: Uint8Array, mode: number): void;
  /** unlink(2). */
  removeFile(path: string): void;
}
