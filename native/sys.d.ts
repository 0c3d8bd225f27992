/**
 * System calls for script: one wrapper each, without policy, retries or logging. The C declarations
 * are in `native/sys.h`; a test compares the names exported here with those in the C tables.
 *
 * Every string that comes from or goes to the kernel is a *byte string*: each character is one byte
 * (U+0000 to U+00FF). File names are bytes to Linux; in this form each of them, valid UTF-8 or not,
 * is preserved in both directions. A character above U+00FF, or a NUL in a path, throws EINVAL.
 *
 * Constants have the kernel's names and values. Durations are in milliseconds.
 */
declare module "exitrd:sys" {
  /** Thrown by every function here if its system call fails. */
  export interface SysError extends Error {
    readonly name: "SysError";
    /** The system call, for example `umount2`. */
    readonly syscall: string;
    /** The number, positive as in errno(3). */
    readonly errno: number;
    /** The symbolic name, for example `EBUSY`; `E<number>` if it is unknown. */
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
    /** STATX_MNT_ID (Linux 5.8): the mount's ID, as in the first column of mountinfo; 0 before. */
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
  /** argv as byte strings, including [0]. */
  export const argv: readonly string[];
  /** getenv(3); undefined if it is not set. */
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
  /** memfd_create(2) with MFD_CLOEXEC: an empty file in memory; `name` only appears in /proc. */
  export function memfdCreate(name: string): number;
  /** One read(2) of at most `max` bytes; an empty array at the end. */
  export function read(fd: number, max: number): Uint8Array<ArrayBuffer>;
  /** The same, as a byte string. */
  export function readText(fd: number, max: number): string;
  /** One write(2): returns the number of bytes written. */
  export function write(fd: number, data: string | Uint8Array): number;
  /** write(2) until everything is written; a write of 0 bytes is EIO. */
  export function writeAll(fd: number, data: string | Uint8Array): void;
  /**
   * The whole file as a byte string, read until end of file, since files in /proc and /sys report
   * no size. Throws EFBIG above `max` bytes (default 64 MiB).
   */
  export function readFile(path: string, max?: number): string;
  /**
   * The first 4,096 bytes as a byte string, in one read(2): a whole attribute in sysfs
   * (Documentation/filesystems/sysfs.rst) or a one-line file in /proc.
   */
  export function readPage(path: string): string;
  /** The same as `readFile`, as bytes. */
  export function readFileBytes(path: string, max?: number): Uint8Array<ArrayBuffer>;
  /**
   * Opens the file with `flags` (default O_WRONLY|O_CREAT|O_TRUNC), writes everything, and closes
   * it.
   */
  export function writeFile(
    path: string,
    data: string | Uint8Array,
    flags?: number,
    mode?: number,
  ): void;
  /** Names without "." and "..", in the kernel's order. */
  export function readdir(path: string): string[];
  export function readlink(path: string): string;
  /** As cached by the kernel: a server that may not answer is not asked. */
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
  /** chdir(2); also accepts "/proc/self/fd/N". */
  export function chdir(path: string): void;
  export function chroot(path: string): void;
  /**
   * flock(2) with LOCK_EX; LOCK_NB fails with EWOULDBLOCK (EAGAIN) if another process has the lock.
   */
  export function flock(fd: number, operation: number): void;
  export function fsync(fd: number): void;
  export function syncfs(fd: number): void;
  /** sync_file_range(2): writes all pages of a file, waits for them, and flushes no disk. */
  export function syncFileRange(fd: number): void;
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
  /** fsopen(2) with FSOPEN_CLOEXEC: a file system context. */
  export function fsopen(fsType: string): number;
  /** fspick(2) of a mount given by descriptor, with FSPICK_EMPTY_PATH|FSPICK_CLOEXEC. */
  export function fspick(mountFd: number): number;
  /** fsconfig(2); `key` and `value` are null if the command takes none. */
  export function fsconfig(
    fd: number,
    command: number,
    key: string | null,
    value: string | null,
  ): void;
  /**
   * fsmount(2) with FSMOUNT_CLOEXEC: a detached mount that vanishes when its descriptor is closed.
   */
  export function fsmount(fd: number, attributes: number): number;
  /** move_mount(2) of a mount given by descriptor onto `target`; MOVE_MOUNT_F_EMPTY_PATH is set. */
  export function moveMount(mountFd: number, target: string, flags: number): void;
  /**
   * open_tree(2) with OPEN_TREE_CLONE|AT_RECURSIVE: a detached copy of a mount and all mounts below
   * it.
   */
  export function openTree(path: string): number;

  // ---- devices ------------------------------------------------------------
  /**
   * ioctl(2) with a number, or with a buffer that the kernel may write to. Returns the return value
   * of ioctl(2). The buffer must have at least _IOC_SIZE(request) bytes (otherwise EINVAL), so that
   * the kernel cannot write beyond its end; a device-mapper buffer must have at least the data_size
   * in its own header. A request without a size in its number (LOOP_GET_STATUS64) uses a separate
   * buffer of 4 KiB.
   */
  export function ioctl(fd: number, request: number, arg?: number | ArrayBuffer): number;

  /** One pread(2) of at most `length` bytes into a buffer aligned for O_DIRECT. */
  export function readAt(fd: number, offset: number, length: number): Uint8Array<ArrayBuffer>;
  /** One pwrite(2) from a buffer aligned for O_DIRECT: returns the number of bytes written. */
  export function writeAt(fd: number, offset: number, data: Uint8Array): number;

  /**
   * IPMICTL_SEND_COMMAND (linux/ipmi.h): sends a request to the BMC on the system interface, without
   * waiting for the response. EMSGSIZE above 272 bytes.
   */
  export function ipmiSend(fd: number, netFn: number, command: number, data: Uint8Array): void;
  /**
   * IPMICTL_RECEIVE_MSG_TRUNC: the data of the next response, completion code first. EAGAIN if there
   * is none, EMSGSIZE above 272 bytes.
   */
  export function ipmiReceive(fd: number): Uint8Array<ArrayBuffer>;

  // ---- processes ----------------------------------------------------------
  /** fork(2): 0 in the child. */
  export function fork(): number;
  /** execve(2) with the given environment. */
  export function execve(path: string, argv: readonly string[], env: readonly string[]): never;
  /** pipe2(2) with O_CLOEXEC: [read end, write end]. */
  export function pipe(): [number, number];
  /**
   * poll(2): returns `revents` in the order of `fds`, all 0 after a time-out or if a signal
   * interrupted it. `timeout` is in milliseconds, at most 24 days; a negative one is 0.
   */
  export function poll(
    fds: readonly { readonly fd: number; readonly events: number }[],
    timeout: number,
  ): number[];
  /**
   * waitpid(2); undefined if WNOHANG found no child that has exited, or if there is no child
   * (ECHILD).
   */
  export function waitpid(
    pid: number,
    flags: number,
  ): { readonly pid: number; readonly status: number } | undefined;
  export function kill(pid: number, signal: number): void;
  /** Blocks (SIG_BLOCK) or unblocks these signals, or sets the mask to exactly these. */
  export function sigprocmask(how: number, signals: readonly number[]): void;
  /**
   * Sets a signal's disposition: SIG_DFL or SIG_IGN. Throws EINVAL for SIGKILL and SIGSTOP,
   * and in PID 1 for the signals of the last resort (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT,
   * SIGALRM), which sigprocmask keeps unblocked there.
   */
  export function sigdisposition(signal: number, disposition: number): void;
  export function setsid(): void;
  /** setpriority(2) of this process, inherited by its children: -20 (highest priority) to 19. */
  export function setNice(value: number): void;
  /** sched_setaffinity(2) of this process to one CPU; EINVAL if it is offline, or above 1023. */
  export function setAffinity(cpu: number): void;
  /** Of the kernel, in bytes: 4096, or 16 or 64 KiB on some arm64 machines. */
  export function pageSize(): number;
  /**
   * Allocates this many bytes, which the kernel zeroes, until this process exits: mmap(2) with
   * MAP_POPULATE.
   */
  export function takeMemory(bytes: number): void;
  /**
   * Allocates this many page tables, which are unmovable pages of the kernel, until this process
   * exits.
   */
  export function takePageTables(count: number): void;
  /** shmctl(2) with IPC_RMID: removes a System V shared memory segment. */
  export function removeSharedMemory(id: number): void;
  /** unshare(2). After CLONE_NEWPID the next child is the first process of its namespace. */
  export function unshare(flags: number): void;
  /**
   * setns(2). With CLONE_NEWNS, root and working directory become the topmost root of that
   * namespace.
   */
  export function setns(fd: number, type: number): void;
  export function prctl(
    option: number,
    arg2: number,
    arg3: number,
    arg4: number,
    arg5: number,
  ): number;
  /** setgroups(2): drops all supplementary groups. */
  export function clearGroups(): void;
  /** setresgid(2) of all three IDs. EINVAL if the user namespace does not map it. */
  export function setGid(gid: number): void;
  /** setresuid(2) of all three IDs. EINVAL if the user namespace does not map it. */
  export function setUid(uid: number): void;
  /** capset(2): drops all effective, permitted, inheritable and therefore ambient capabilities. */
  export function clearCapabilities(): void;
  /** close_range(2) from `first` on; if that fails, closes each descriptor up to 2²⁰. */
  export function closeFrom(first: number): void;
  /** keyctl(2) with KEYCTL_CLEAR: unlinks all keys of a keyring. */
  export function clearKeyring(id: number): void;
  export function mlockall(flags: number): void;
  /** getrlimit(2): the soft limit; 2^63 - 1, rounded, if there is none. */
  export function getSoftLimit(resource: number): number;
  /** setrlimit(2) of the soft limit, up to the hard limit. Returns the resulting limit. */
  export function setSoftLimit(resource: number, soft: number): number;
  /** Sleeps for this many milliseconds, or until a signal arrives. */
  export function sleep(milliseconds: number): void;

  // ---- clock, reboot, notify ----------------------------------------------
  /** CLOCK_MONOTONIC in milliseconds, with a fraction. */
  export function monotonic(): number;
  /** CLOCK_REALTIME in milliseconds since the epoch. */
  export function realtime(): number;
  /** reboot(2) with the magic numbers; `arg` for LINUX_REBOOT_CMD_RESTART2. */
  export function reboot(command: number, arg?: string): void;
  /** Sends one datagram to an AF_UNIX socket; a leading "@" means an abstract name. */
  export function sendUnix(address: string, data: string): void;
  /** Sends one message over AF_VSOCK, with a socket of the given SOCK_ type. */
  export function sendVsock(type: number, cid: number, port: number, data: string): void;
  /** socket(2) and bind(2) of AF_NETLINK with SOCK_RAW and SOCK_CLOEXEC; `groups` is a bit mask. */
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
  export const O_DIRECT: number, O_DSYNC: number;
  export const O_DIRECTORY: number, O_NOFOLLOW: number, O_NOCTTY: number, O_PATH: number;
  export const LOCK_EX: number, LOCK_NB: number;
  export const R_OK: number, W_OK: number, X_OK: number, F_OK: number;
  export const S_IFMT: number, S_IFREG: number, S_IFDIR: number, S_IFLNK: number;
  export const S_IFBLK: number, S_IFCHR: number, S_IFIFO: number;
  export const MS_RDONLY: number, MS_NOSUID: number, MS_NODEV: number, MS_NOEXEC: number;
  export const MS_REMOUNT: number, MS_BIND: number, MS_MOVE: number, MS_REC: number;
  export const MS_PRIVATE: number;
  export const MNT_FORCE: number, MNT_DETACH: number, UMOUNT_NOFOLLOW: number;
  export const FSCONFIG_SET_FLAG: number, FSCONFIG_SET_STRING: number;
  export const FSCONFIG_CMD_CREATE: number, FSCONFIG_CMD_RECONFIGURE: number;
  export const MOUNT_ATTR_RDONLY: number, MOUNT_ATTR_NOSUID: number, MOUNT_ATTR_NODEV: number;
  export const MOVE_MOUNT_BENEATH: number;
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
