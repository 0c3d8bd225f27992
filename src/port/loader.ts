import type { CpioEntry } from "../image/cpio-entry.ts";
import type { FileSystemType } from "../image/disk-image/find-file-system.ts";
import type { VerityParameters } from "../image/disk-image/verity-table.ts";
import type { FoundFile } from "../image/extension/check-files.ts";
import type { ProgramEnd } from "../teardown/report/program-end.ts";

// The part of the machine that the commands to build, load and check images use. PID 1 gets only a
// `FileReader` and `Digests`, to check its own tree.

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
  /** readlink(2): the text of a link. */
  readLink(path: string): string;
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

/**
 * The permission bits of a new file, of which the umask removes some. "everybody" is 0644 whatever the
 * umask is, for what programs of other users read.
 */
export type NewMode = number | "everybody";

export interface NewFile {
  readonly path: string;
  readonly data: Uint8Array;
  readonly mode: NewMode;
}

/** Write access to the host's files. */
export interface FileWriter {
  /**
   * Writes a temporary file, syncs it, renames it and syncs the directory: at any moment the path
   * names either the old file or the complete new one. On failure the old file stays and the
   * temporary file is removed. A symbolic link to a file stays and its target is replaced, but with
   * the mode "everybody" any link is itself replaced. Fails with EISDIR for a directory, and with
   * EEXIST for anything else that is not a regular file.
   */
  replaceFile(path: string, data: Uint8Array, mode: NewMode): void;
  /**
   * The same for several files in one directory that belong together: all are written and synced
   * before the first one is renamed, so a full disk leaves all of the old ones.
   */
  replaceFiles(files: readonly NewFile[]): void;
  /** unlink(2). */
  removeFile(path: string): void;
}

/** Files that the user names. All other files are read by `FileReader`, which never waits. */
export interface InputReader {
  /**
   * Reads a whole file; "-" is standard input. Waits for the writer of a pipe. EFBIG if it has more
   * than `max` bytes.
   */
  readInput(path: string, max: number): Uint8Array;
}

/** Files that somebody else names, such as an unsigned image. */
export interface PlainReader {
  /**
   * Reads a regular file whose path without symbolic links does not match `except`; undefined for
   * anything else, which is never opened for reading, because that may have side effects: not even if
   * it replaces a regular file meanwhile. EFBIG if it has more than `max` bytes.
   */
  readPlain(path: string, max: number, except: RegExp): Uint8Array | undefined;
}

export interface OutputWriter {
  /**
   * Writes to an existing pipe or character device, or to standard output for "-"; otherwise
   * replaces the file as `replaceFile` does. With the mode "everybody", a pipe or device must be in a
   * directory of the caller or of root, and so must a link to one.
   */
  writeOutput(path: string, data: Uint8Array, mode: NewMode): void;
}

/** Three kept C libraries, see `native/codec.d.ts` and `native/digest.d.ts`. */
export interface Codec extends Digests {
  /** One zstd frame with content size and checksum; `level` 1 to 22. */
  compress(data: Uint8Array, level: number): Uint8Array;
  /** Throws an Error with the reason, also if the result exceeds `max` bytes. */
  decompress(data: Uint8Array, max: number): Uint8Array;
  /**
   * Decompresses all frames at the start, in parts of at most 128 KiB, to save memory; returns their
   * length in bytes.
   */
  decompressEach(data: Uint8Array, use: (part: Uint8Array) => void): number;
  /** Decompresses one gzip member; returns its length in bytes, since others may follow. */
  gunzipEach(data: Uint8Array, use: (part: Uint8Array) => void): number;
}

/** libmd's digests, see `native/digest.d.ts`: lower-case hexadecimal digits. */
export interface Digests {
  sha1(data: Uint8Array): string;
  sha256(data: Uint8Array): string;
  sha384(data: Uint8Array): string;
  sha512(data: Uint8Array): string;
}

/** Runs programs of the host for the command line. */
export interface Commands {
  /**
   * Runs a program, found in PATH unless it is an absolute path, to its end, with this program's
   * standard input; undefined if there is no such program. Throws a `SysError` if no process can
   * be created.
   */
  run(name: string, args: readonly string[]): CommandEnd | undefined;
  /**
   * The same with `input` as standard input; the output goes to `use`, in parts of at most 64 KiB.
   * If `use` throws, the program is killed.
   */
  filter(
    name: string,
    args: readonly string[],
    input: Uint8Array,
    use: (part: Uint8Array) => void,
  ): Omit<CommandEnd, "stdout"> | undefined;
}

export interface CommandEnd {
  /** The exit status, or 128 plus the number of the signal that killed it. */
  readonly status: number;
  readonly stdout: Uint8Array;
  /** A byte string. */
  readonly stderr: string;
}

/** The result of running a program once. */
export interface StagedEnd {
  readonly program: string;
  readonly end: ProgramEnd;
  /** The last line that it printed; "" if there is none. */
  readonly lastLine: string;
}

/** Runs the programs of a future image. */
export interface StagedRuns {
  /**
   * Unpacks `entries` into RAM and runs each of `programs` (absolute) in there with
   * `--version`, all symbols bound at once: in namespaces of its own, without /dev,
   * /proc, /sys or a network, without capabilities or descriptors of the caller, and
   * as uid 65534 if possible, so that it cannot change anything on the machine.
   * Throws a `SysError` if the kernel does not allow that.
   */
  run(entries: readonly CpioEntry[], programs: readonly string[]): readonly StagedEnd[];
}

/** Trees in RAM and their mounts: everything that loading changes. All throw `SysError`. */
export interface RamTrees {
  /**
   * Creates a file system that is not mounted: unless it is attached, it vanishes with this process,
   * even if that is killed. Throws EINVAL if the kernel does not know one of `options`.
   */
  create(fsType: "tmpfs" | "ramfs", options: readonly TreeOption[]): RamTree;
  /**
   * umount2(2) with MNT_DETACH of the top mount at `target`: a file system in RAM keeps no device
   * busy.
   */
  unmount(target: string): void;
  /**
   * Copies the mounts at and below `path` (open_tree(2)), so that they can be shown once `path` is
   * hidden or unmounted.
   */
  hold(path: string): HeldMount;
  makeDirectory(path: string, mode: number): void;
  /** rmdir(2). */
  removeDirectory(path: string): void;
}

export interface HeldMount {
  /** Mounts all of it at `target`, once. */
  showAt(target: string): void;
  close(): void;
}

/** A file with a file system followed by its hash tree, verified on every read. */
export interface VerityDevice extends VerityParameters {
  /** The signature of the root hash: PKCS#7, DER. */
  readonly signature: Uint8Array;
}

export interface VerityTree extends Pick<RamTree, "attach" | "attachBeneath" | "close"> {
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
  /** symlink(2). */
  makeLink(path: string, target: string): void;
  /** Makes the file system itself read-only, not this mount of it. */
  seal(): void;
  /**
   * Mounts the EROFS in the file `path` through dm-verity, detached. This tree may be closed then;
   * everything vanishes with the new mount. Throws ENOENT or EINVAL if the kernel lacks loop devices,
   * the device-mapper or a target.
   */
  openVerity(path: string, device: VerityDevice): VerityTree;
  /**
   * Makes it the root and working directory of this process (chroot(2)), even if it is not mounted.
   */
  enter(): void;
  /** Mounts it at `target`, on top of existing mounts, in one step. */
  attach(target: string): void;
  /**
   * The same, but beneath the top mount at `target`, which has to be unmounted then. Throws EINVAL
   * before Linux 6.5.
   */
  attachBeneath(target: string): void;
  /** Closes it; if it was not attached, it vanishes. */
  close(): void;
}

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

/** The TPM 2.0, behind the kernel's resource manager. Throws `SysError`. */
export interface Tpm {
  /**
   * Sends one command and returns its response, which is empty after a timeout.
   * ENOENT, ENODEV or ENXIO if there is no TPM 2.0.
   */
  transmit(command: Uint8Array): Uint8Array;
}

/** systemd's log of PCR extensions by userspace (systemd-pcrphase.service(8)). Throws `SysError`. */
export interface EventLog {
  /**
   * Locks the log, so that the extension and its record are one transaction, and marks it as
   * incomplete. EAGAIN if another program holds the lock; undefined if a program died before it wrote
   * its record: later records cannot be replayed then, and the log is left alone.
   */
  open(): OpenEventLog | undefined;
}

export interface OpenEventLog {
  /** Writes a record, or nothing if no PCR was extended, and removes the mark. */
  finish(record: string): void;
  /** Unlocks the log. If the mark is still there, readers know that a record is missing. */
  close(): void;
}
