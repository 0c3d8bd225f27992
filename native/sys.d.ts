/**
 * System calls for script, one wrapper each, without policy, retries or logging.
 * `native/sys.h` is the other side; a test compares the names exported here with
 * those in the C tables.
 *
 * Every string that comes from or goes to the kernel is a *byte string*: each
 * character is one byte (U+0000 to U+00FF). File names are bytes to Linux, and
 * this keeps every one of them, valid UTF-8 or not, exact in both directions.
 * A character above U+00FF, or a NUL in a path, throws EINVAL.
 *
 * Constants keep the kernel's names and values. Durations are milliseconds.
 */
declare module "exitrd:sys" {
  /** Thrown by every function here if its system call fails. */
  export interface SysError extends Error {
    readonly name: "SysError";
    /** The system call, for example `umount2`. */
    readonly syscall: string;
    /** The number, positive as in errno(3). */
    readonly errno: number;
    /** The symbolic name, for example `EBUSY`; `E<number>` where unknown. */
    readonly code: string;
    /** The same in words, from `native/errno_table.h`: `Device or resource busy`. */
    readonly words: string;
    /** The path argument of the call, if it has one. */
    readonly path?: string;
  }

  /** statx(2). `dev` and `rdev` are "major:minor", as /proc and /sys write them. */
  export interface Stat {
    readonly mode: number;
    readonly dev: string;
    readonly rdev: string;
    readonly ino: number;
    readonly nlink: number;
    readonly uid: number;
    readonly gid: number;
    readonly size: number;
    /** Seconds since the epoch. */
    readonly mtime: number;
    /** STATX_MNT_ID (Linux 5.8): the id of the first column of mountinfo; 0 before. */
    readonly mountId: number;
  }

  export interface StatFs {
    readonly type: number;
    readonly blockSize: number;
    readonly blocks: number;
    readonly blocksAvailable: number;
    readonly files: number;
    readonly filesFree: number;
    readonly flags: number;
  }

  // ---- this program -------------------------------------------------------
  /** argv, byte strings, [0] included. */
  export const argv: readonly string[];
  /** getenv(3); undefined where unset. */
  export function getenv(name: string): string | undefined;
  /** _exit(2): no handlers, no flush. PID 1 never calls it; its children do. */
  export function exit(status: number): never;
  export function getpid(): number;
  export function umask(mask: number): number;
  /** uname(2). */
  export function uname(): { readonly release: string; readonly machine: string };

  // ---- files --------------------------------------------------------------
  export function open(path: string, flags: number, mode?: number): number;
  export function close(fd: number): void;
  /** memfd_create(2), MFD_CLOEXEC: an empty file in memory; `name` shows in /proc only. */
  export function memfdCreate(name: string): number;
  /** One read(2) of at most `max` bytes; an empty array at the end. */
  export function read(fd: number, max: number): Uint8Array<ArrayBuffer>;
  /** One write(2): returns the number of bytes written. */
  export function write(fd: number, data: string | Uint8Array): number;
  /** write(2) until everything is written; a write of 0 bytes is EIO. */
  export function writeAll(fd: number, data: string | Uint8Array): void;
  /**
   * The whole file as a byte string, read until end of file, since /proc and
   * /sys files give no size. Throws EFBIG above `max` bytes (default 64 MiB).
   */
  export function readFile(path: string, max?: number): string;
  /**
   * The first 4,096 bytes as a byte string, by one read(2): all of an attribute of
   * sysfs (Documentation/filesystems/sysfs.rst) and of a one-line file of /proc.
   */
  export function readPage(path: string): string;
  /** The same as `readFile`, as bytes. */
  export function readFileBytes(path: string, max?: number): Uint8Array<ArrayBuffer>;
  /** open(flags), write all, close. `flags` default O_WRONLY|O_CREAT|O_TRUNC. */
  export function writeFile(
    path: string,
    data: string | Uint8Array,
    flags?: number,
    mode?: number,
  ): void;
  /** Names without "." and "..", in the kernel's order. */
  export function readdir(path: string): string[];
  export function readlink(path: string): string;
  /** As the kernel knows it, without a question to a server that may not answer. */
  export function stat(path: string): Stat;
  export function lstat(path: string): Stat;
  /** getxattr(2): the value as a byte string. ENODATA if there is none. */
  export function getxattr(path: string, name: string): string;
  export function access(path: string, mode: number): void;
  export function mkdir(path: string, mode: number): void;
  export function rmdir(path: string): void;
  export function unlink(path: string): void;
  export function rename(from: string, to: string): void;
  export function symlink(target: string, path: string): void;
  export function chmod(path: string, mode: number): void;
  export function mknod(path: string, mode: number, major: number, minor: number): void;
  export function dup2(from: number, to: number): void;
  /** chdir(2), also of "/proc/self/fd/N". */
  export function chdir(path: string): void;
  export function chroot(path: string): void;
  /** flock(2): LOCK_EX, with LOCK_NB EWOULDBLOCK (EAGAIN) if another process has the lock. */
  export function flock(fd: number, operation: number): void;
  export function fsync(fd: number): void;
  export function syncfs(fd: number): void;
  export function sync(): void;
  export function statfs(path: string): StatFs;

  // ---- mounts -------------------------------------------------------------
  export function mount(
    source: string,
    target: string,
    fsType: string,
    flags: number,
    data: string,
  ): void;
  export function umount2(target: string, flags: number): void;
  export function pivotRoot(newRoot: string, putOld: string): void;
  export function swapoff(path: string): void;
  /** fsopen(2), FSOPEN_CLOEXEC: a file system context. */
  export function fsopen(fsType: string): number;
  /** fspick(2) of a mount held by descriptor, FSPICK_EMPTY_PATH|FSPICK_CLOEXEC. */
  export function fspick(mountFd: number): number;
  /** fsconfig(2); `key` and `value` null where the command takes none. */
  export function fsconfig(
    fd: number,
    command: number,
    key: string | null,
    value: string | null,
  ): void;
  /** fsmount(2), FSMOUNT_CLOEXEC: a detached mount that goes when its descriptor does. */
  export function fsmount(fd: number, attributes: number): number;
  /** move_mount(2) of a mount held by descriptor onto `target`. */
  export function moveMount(mountFd: number, target: string): void;

  // ---- devices ------------------------------------------------------------
  /**
   * ioctl(2) with a number, or with a buffer that the kernel may write to.
   * Returns ioctl's own return value. The buffer must hold at least
   * _IOC_SIZE(request) bytes (EINVAL), so that no kernel write can overrun it;
   * a device-mapper buffer at least its own header's data_size. A request from
   * before sizes (LOOP_GET_STATUS64) goes through 4 KiB of C's own.
   */
  export function ioctl(fd: number, request: number, arg?: number | ArrayBuffer): number;

  // ---- processes ----------------------------------------------------------
  /** fork(2): 0 in the child. */
  export function fork(): number;
  /** execve(2) with the given environment. */
  export function execve(path: string, argv: readonly string[], env: readonly string[]): never;
  /** pipe2(O_CLOEXEC): [read end, write end]. */
  export function pipe(): [number, number];
  /**
   * poll(2): returns `revents` in the order of `fds`, all 0 on a time-out or
   * an interruption by a signal. `timeout` in milliseconds, -1 for none.
   */
  export function poll(
    fds: readonly { readonly fd: number; readonly events: number }[],
    timeout: number,
  ): number[];
  /** waitpid(2); undefined if WNOHANG found none or there is no child (ECHILD). */
  export function waitpid(
    pid: number,
    flags: number,
  ): { readonly pid: number; readonly status: number } | undefined;
  export function kill(pid: number, signal: number): void;
  /** Blocks (SIG_BLOCK), unblocks or sets the mask to exactly these signals. */
  export function sigprocmask(how: number, signals: readonly number[]): void;
  /**
   * Sets a signal's disposition: SIG_DFL or SIG_IGN. Throws EINVAL for SIGKILL and SIGSTOP,
   * and in PID 1 for the signals of the last resort (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT,
   * SIGALRM), which sigprocmask keeps unblocked there.
   */
  export function sigdisposition(signal: number, disposition: number): void;
  export function setsid(): void;
  /** setpriority(2) of this process, which its children inherit: -20 to 19, the lowest first. */
  export function setNice(value: number): void;
  /** sched_setaffinity(2) of this process to one CPU; EINVAL if it is offline, or above 1023. */
  export function setAffinity(cpu: number): void;
  /**
   * Allocates this many bytes, which the kernel zeroes, until this process exits: mmap(2) with
   * MAP_POPULATE.
   */
  export function takeMemory(bytes: number): void;
  /** The same with this many page tables, which are unmovable pages of the kernel. */
  export function takePageTables(count: number): void;
  /** shmctl(2) with IPC_RMID: removes a System V shared memory segment. */
  export function removeSharedMemory(id: number): void;
  /** unshare(2). After CLONE_NEWPID the next child is the first process of its namespace. */
  export function unshare(flags: number): void;
  export function prctl(
    option: number,
    arg2: number,
    arg3: number,
    arg4: number,
    arg5: number,
  ): number;
  /** setgroups(2): no supplementary groups. */
  export function clearGroups(): void;
  /** setresgid(2) of all three. EINVAL where the user namespace does not know it. */
  export function setGid(gid: number): void;
  /** setresuid(2) of all three. EINVAL where the user namespace does not know it. */
  export function setUid(uid: number): void;
  /** capset(2): drops all effective, permitted, inheritable and thereby ambient capabilities. */
  export function clearCapabilities(): void;
  /** close_range(2) of all from `first` on; if that fails, one by one up to 2²⁰. */
  export function closeFrom(first: number): void;
  export function mlockall(flags: number): void;
  /** getrlimit(2): the soft limit; 2^63 - 1, rounded, if there is none. */
  export function getSoftLimit(resource: number): number;
  /** setrlimit(2) of the soft limit, up to the hard one. Returns the limit now in force. */
  export function setSoftLimit(resource: number, soft: number): number;
  /** Milliseconds to sleep, cut short by a signal. */
  export function sleep(milliseconds: number): void;

  // ---- clock, reboot, notify ----------------------------------------------
  /** CLOCK_MONOTONIC, milliseconds with fraction. */
  export function monotonic(): number;
  /** CLOCK_REALTIME, milliseconds since the epoch. */
  export function realtime(): number;
  /** reboot(2) with the magic numbers; `arg` for LINUX_REBOOT_CMD_RESTART2. */
  export function reboot(command: number, arg?: string): void;
  /** One datagram to an AF_UNIX socket; a leading "@" names an abstract one. */
  export function sendUnix(address: string, data: string): void;
  /** One message to AF_VSOCK of the given SOCK_ type. */
  export function sendVsock(type: number, cid: number, port: number, data: string): void;
  /** socket(2) and bind(2) of AF_NETLINK, SOCK_RAW, SOCK_CLOEXEC; `groups` is a bit mask. */
  export function openNetlink(protocol: number, groups: number): number;
  /**
   * Arms the last resort of PID 1 (native/last_resort.c): after `milliseconds` it
   * syncs in a child, bounded, and calls reboot(2), regardless of what script is
   * doing. 0 disarms; a later call moves it. Every later use of the last resort
   * carries out `command` instead of the verb in argv[1]. Throws ENOSYS in the
   * command line program, EINVAL in a child.
   */
  export function armLastResort(milliseconds: number, command: number): void;

  // ---- constants, the kernel's names (x86-64 and arm64 values) --------------
  export const O_RDONLY: number, O_WRONLY: number, O_RDWR: number, O_CREAT: number, O_EXCL: number;
  export const O_TRUNC: number, O_APPEND: number, O_NONBLOCK: number, O_CLOEXEC: number;
  export const O_DIRECTORY: number, O_NOFOLLOW: number, O_NOCTTY: number, O_PATH: number;
  export const LOCK_EX: number, LOCK_NB: number;
  export const R_OK: number, W_OK: number, X_OK: number, F_OK: number;
  export const S_IFMT: number, S_IFREG: number, S_IFDIR: number, S_IFLNK: number;
  export const S_IFBLK: number, S_IFCHR: number;
  export const MS_RDONLY: number, MS_NOSUID: number, MS_NODEV: number, MS_NOEXEC: number;
  export const MS_REMOUNT: number, MS_BIND: number, MS_MOVE: number, MS_REC: number;
  export const MS_PRIVATE: number;
  export const MNT_FORCE: number, MNT_DETACH: number, UMOUNT_NOFOLLOW: number;
  export const FSCONFIG_SET_FLAG: number, FSCONFIG_SET_STRING: number;
  export const FSCONFIG_CMD_CREATE: number, FSCONFIG_CMD_RECONFIGURE: number;
  export const MOUNT_ATTR_RDONLY: number, MOUNT_ATTR_NOSUID: number, MOUNT_ATTR_NODEV: number;
  export const POLLIN: number, POLLOUT: number, POLLERR: number, POLLHUP: number;
  export const WNOHANG: number;
  export const SIG_BLOCK: number, SIG_UNBLOCK: number, SIG_SETMASK: number;
  export const SIG_DFL: number, SIG_IGN: number;
  export const SIGHUP: number, SIGINT: number, SIGQUIT: number, SIGABRT: number, SIGKILL: number;
  export const SIGSEGV: number, SIGPIPE: number, SIGTERM: number, SIGCHLD: number;
  export const SIGCONT: number, SIGSTOP: number, NSIG: number;
  export const MCL_CURRENT: number, MCL_FUTURE: number;
  export const RLIMIT_NOFILE: number;
  export const CLONE_NEWUSER: number, CLONE_NEWNS: number, CLONE_NEWPID: number;
  export const CLONE_NEWNET: number, CLONE_NEWIPC: number, CLONE_NEWUTS: number;
  export const PR_SET_DUMPABLE: number, PR_SET_NAME: number;
  export const PR_SET_THP_DISABLE: number;
  export const SOCK_STREAM: number, SOCK_DGRAM: number, SOCK_SEQPACKET: number;
  export const LINUX_REBOOT_CMD_RESTART: number, LINUX_REBOOT_CMD_RESTART2: number;
  export const LINUX_REBOOT_CMD_HALT: number, LINUX_REBOOT_CMD_POWER_OFF: number;
  export const LINUX_REBOOT_CMD_KEXEC: number, LINUX_REBOOT_CMD_CAD_OFF: number;
}
