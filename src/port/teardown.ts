import type { DmState } from "../kinds/dm/state.ts";
import type { ProgramEnd } from "../teardown/report/program-end.ts";
import type { Verb } from "../teardown/verb.ts";
import type { SysFailure } from "./sys-error.ts";

// The parts of the machine that PID 1 and its children use. Observers get a `Reader`; only children
// that release, save or kill get a `Kernel`; only PID 1 itself gets `Power`.

/** Monotonic time, in milliseconds since the program began. */
export interface Clock {
  now(): number;
}

/** A clock that can be stopped: the time until it is restarted does not count towards deadlines. */
export interface StoppableClock extends Clock {
  stop(): void;
  go(): void;
}

/** The output for people. Never throws: nothing may depend on it. */
export interface Console {
  /** Prints one line, given without its newline. */
  info(line: string): void;
  /** Prints a problem. */
  warn(line: string): void;
  /** Prints the result, even if the kernel's console is quiet. */
  verdict(line: string): void;
  /** Prints a line for debugging. */
  debug(line: string): void;
  /** Prints what the machine waits for, until the next line replaces it; not logged. */
  progress(line: string): void;
}

/**
 * Runs blocking calls where they cannot block PID 1: each in a forked child
 * with a pipe for its answer.
 */
export interface Tasks {
  /**
   * Starts `action` in a child; everything that it sends and returns becomes the `output`.
   * Throws a `SysError` if no child can be created.
   */
  start(action: Action): TaskId;
  /**
   * Waits until a child exits; returns all that have, or none after `timeoutMs`. Does not wait if that
   * is negative, as the time until a deadline is that has passed.
   */
  wait(timeoutMs: number): readonly TaskEnd[];
  /** What a running child has sent so far. If it hangs, this is all that remains of its answer. */
  sent(task: TaskId): string;
  /**
   * The children that were not reaped yet, including abandoned ones. In a child: those of its parent
   * when it was forked, and the child itself.
   */
  listOwn(): readonly number[];
  /** Kills the child without waiting for it: it may hang in the kernel for ever. */
  abandon(task: TaskId): void;
}

/** The work of a child. Each part that it sends reaches the parent at once. */
export type Action = (send: (part: string) => void) => string;

export type TaskId = number;

export interface TaskEnd {
  readonly task: TaskId;
  readonly result: TaskResult;
}

export type TaskResult =
  | { readonly kind: "done"; readonly output: string }
  | ({ readonly kind: "error" } & SysFailure)
  /** The child was killed by this signal, or returned no valid answer (signal 0). */
  | { readonly kind: "crashed"; readonly signal: number; readonly sent?: string };

/**
 * Everything that observing needs from the kernel; no method changes anything, so a dry run that
 * gets only a `Reader` cannot act. Strings are byte strings. Every method throws a `SysError`.
 */
export interface Reader {
  /**
   * Reads a whole file, including those of /proc and /sys. Paths in /proc/self/mountinfo that are
   * longer than `LONGEST_PATH` are shortened to one character more.
   */
  readText(path: string): string;
  /** Names, sorted, without "." and "..". */
  readDir(path: string): readonly string[];
  readLink(path: string): string;
  /** Follows symbolic links. */
  stat(path: string): FileStatus;
  /** A "user." extended attribute; throws ENODATA if there is none. */
  readAttribute(path: string, name: string): string;
  /** The release field of uname(2). */
  kernelRelease(): string;
  /** DM_TABLE_STATUS of one device, by its "major:minor", without a flush. */
  readDm(dev: string): DmState;
  /** LOOP_GET_STATUS64: "major:minor" of the file system that contains the backing file. */
  readLoopBackingDev(name: string): string;
  /** GET_BITMAP_FILE: the path of an array's bitmap file. */
  readMdBitmapFile(name: string): string;
  /** DRBD_ADM_GET_STATUS: the resource that a minor belongs to; undefined if unknown. */
  readDrbdResource(minor: number): string | undefined;
  /** BLKZNAME: the dataset that a zvol belongs to. */
  readZvolName(name: string): string;
  /**
   * The ZFS pool named by the label at the start of a block device; undefined if there is no label.
   */
  readPoolLabel(name: string): string | undefined;
}

/**
 * Used inside the exitrd only: the check itself claims the device for a moment, during which
 * mount(2) or mkfs(8) would fail with EBUSY.
 */
export interface Claims {
  /**
   * Whether the kernel has claimed the block device: open(2) with O_EXCL fails with EBUSY. This is the
   * only way to see a superblock whose mounts are all in another mount namespace.
   */
  isClaimed(name: string): boolean;
}

export interface FileStatus {
  /** "major:minor" of the file system that contains the file. */
  readonly dev: string;
  /** "major:minor" of the device, if the file is a device node. */
  readonly rdev: string;
  /** The ID of the mount that the path leads to; 0 before Linux 5.8. */
  readonly mountId: number;
  readonly uid: number;
  /** Whether the file is a block device node, whose number is `rdev`. */
  readonly isBlock: boolean;
  /** Whether it is a regular file that may be executed. */
  readonly isProgram: boolean;
}

/**
 * Everything needed to release storage: one blocking call per method, each run in a child of PID 1
 * (see `tasks.ts`). A successful return proves nothing; the executor reads the kernel's state again.
 * Every method throws a `SysError`.
 */
export interface Kernel {
  /**
   * umount2(2) with UMOUNT_NOFOLLOW; MNT_DETACH if `lazy`, MNT_FORCE if `force`. A target
   * may be longer than PATH_MAX, here and in the other methods, and no link in it is followed.
   */
  umount(target: string, how: { readonly lazy: boolean; readonly force: boolean }): void;
  /** FITHAW: undoes fsfreeze(8), which keeps an unmounted file system active. */
  thaw(target: string): void;
  /** mount(2) MS_REMOUNT|MS_RDONLY: the fallback when unmounting fails. */
  remountReadOnly(target: string): void;
  /**
   * FS_IOC_SHUTDOWN of ext4: writes data and journal, as fsfreeze(8) does, then fails
   * all I/O. The disk is consistent although the file system stays busy; ENOTTY from any other.
   */
  shutDown(target: string): void;
  swapoff(path: string): void;
  /** One write(2) of `text` to a file of /proc or /sys, or to /dev/kmsg. */
  write(path: string, text: string): void;
  /** unlink(2), of a link in configfs. */
  unlink(path: string): void;
  /** rmdir(2), of a directory in configfs. */
  rmdir(path: string): void;
  /** Opens a device, makes calls on it in order, and closes it. */
  control(path: string, calls: readonly DeviceCall[]): void;
  /**
   * Like `control`, after an fsync(2) of the device. If that fails, the calls are made
   * nevertheless, since a device that cannot be flushed must be released too, and "data-lost" is
   * returned.
   */
  flushAndControl(path: string, calls: readonly DeviceCall[]): "data-lost" | undefined;
  /** fsync(2) of a device: writes its page cache, and flushes the cache of the disk. */
  flush(path: string): void;
  /**
   * sync_file_range(2) of a device: writes its page cache, and fails if that failed since it was last
   * asked (errseq_t), even at the last close, which reports nothing. Without dirty pages it makes no
   * request, so it needs no answer of a disk that is suspended or gone.
   */
  writePages(path: string): void;
  /**
   * Claims a block device for a moment (O_EXCL). Fails with EBUSY if the kernel uses it, or one of
   * its partitions.
   */
  claim(name: string): void;
  /** DRBD_ADM_DOWN: demotes, disconnects, detaches and deletes all volumes of a resource. */
  drbdDown(resource: string): void;
  /** Logs out of a session as iscsid would, and ends it. Its only connection is "connection1:0". */
  iscsiLogout(connection: string): void;
  /** syncfs(2) of the file system at `target`. */
  syncFs(target: string): void;
  /** sync(2). */
  syncAll(): void;
  /** kill(2); -1 for every process except PID 1 and the caller. */
  kill(pid: number, signal: "SIGTERM" | "SIGSTOP" | "SIGCONT" | "SIGKILL"): void;
  /** shmctl(2) IPC_RMID of a System V shared memory segment. */
  removeSharedMemory(id: number): void;
  /** keyctl(2) KEYCTL_CLEAR of the keyrings that belong to root and this session (keyrings(7)). */
  clearKeyrings(): void;
  /**
   * Mounts fusectl at its usual place; EBUSY if it is already mounted there, ENOENT without FUSE.
   */
  mountFuseControl(): void;
  sleep(milliseconds: number): void;
}

/** One ioctl(2). */
export interface DeviceCall {
  readonly request: number;
  /** A number, or a buffer that the kernel reads and writes. */
  readonly argument: number | ArrayBuffer;
}

/**
 * Mounts that the initramfs left in its own root file system before the real root was mounted over
 * it: no path leads to them, and no mountinfo shows them.
 */
export interface HiddenMounts {
  /**
   * Does what `uncover` does, but in a copy of the mount namespace that vanishes with the calling
   * child. Throws a `SysError` if that is not possible.
   */
  rehearse(): readonly string[];
  /**
   * Moves the mounts that hold data to /mnt; returns their previous targets. Only PID 1 may call
   * it, and only after a rehearsal: if it throws, PID 1 cannot open any file afterwards.
   */
  uncover(): readonly string[];
}

/** Erases unused memory. Every method throws a `SysError`. */
export interface Memory {
  /**
   * Frees as much memory as possible: page cache, dentries and inodes (vm.drop_caches), empty slabs,
   * the pools of huge pages (ABI/testing/sysfs-kernel-mm-hugepages) and the kernel's reserves
   * (vm.min_free_kbytes, vm.lowmem_reserve_ratio, vm.watermark_boost_factor: sysctl/vm.rst). Allows
   * all of it to be allocated (vm.overcommit_memory).
   */
  release(): void;
  /** Frees the empty slabs of one cache (ABI/testing/sysfs-kernel-slab). */
  shrinkSlab(cache: string): void;
  /** Starts this number of processes, which wait until this one exits. */
  holdProcesses(count: number): void;
  /**
   * Makes this process the victim of the OOM killer (/proc/PID/oom_score_adj), and the kernel not
   * panic instead (vm.panic_on_oom).
   */
  offerToOomKiller(): void;
  /** The size of a page in bytes, which depends on the kernel. */
  pageSize(): number;
  /** Allocates this many bytes, which the kernel zeroes, until this process exits. */
  take(bytes: number): void;
  /**
   * Allocates this many bytes twice, in single pages, on this CPU, so that its per-CPU lists are used
   * first (mm/page_alloc.c, per_cpu_pages): once from the movable pages of programs, once from the
   * unmovable ones of the kernel. This process stays on the CPU.
   */
  takeOn(cpu: number, bytes: number): void;
}

/**
 * Runs programs of the image. They start in a new session at "/", with only the console open. The
 * calls block, so only a child may make them. Throws a `SysError` if no process can be created.
 */
export interface Programs {
  /**
   * Runs a program until it exits, for at most `limitMs`, then kills its process group. Its input
   * is empty. `root` becomes its root directory, if given.
   */
  run(path: string, args: readonly string[], limitMs: number, root?: string): ProgramEnd;
  /** Runs a shell on the console until it exits. */
  runShell(path: string): ProgramEnd;
}

/** Ends the machine. The methods return only on failure; all throw `SysError`. */
export interface Power {
  /** reboot(2) with the verb's command; with a parameter, LINUX_REBOOT_CMD_RESTART2. */
  reboot(verb: Verb, parameter?: string): void;
  /** /proc/sysrq-trigger: "u" starts to remount all file systems read-only, "b" resets. */
  triggerSysRq(key: "u" | "b"): void;
  sleep(milliseconds: number): void;
}
