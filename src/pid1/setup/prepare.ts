import {
  chdir,
  close,
  closeFrom,
  dup2,
  MCL_CURRENT,
  MCL_FUTURE,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_REC,
  mlockall,
  mount,
  O_CLOEXEC,
  O_NOCTTY,
  O_RDWR,
  open,
  RLIMIT_NOFILE,
  readFile,
  setNice,
  setSoftLimit,
  stat,
  umask,
} from "exitrd:sys";
import { attempt } from "../../port/sys-error.ts";
import { makeNodes } from "./make-nodes.ts";

// One descriptor per running child, and a reserve; systemd passes on a low limit.
const DESCRIPTORS = 4096;

// The first descriptor after standard input, output and error.
const FIRST_INHERITED = 3;

const NULL_DEVICE = "/dev/null";

// setpriority(2)
const HIGHEST_PRIORITY = -20;

/** Makes this process fit to be PID 1. native/main_pid1.c sets the signal mask. */
export function prepareProcess(): void {
  closeInherited();
  // Otherwise the processes we are about to kill could starve us of CPU time.
  attempt(() => setNice(HIGHEST_PRIORITY));
  attempt(() => umask(0o022));
  attempt(() => chdir("/"));
  attempt(() => setSoftLimit(RLIMIT_NOFILE, DESCRIPTORS));
  // The swap that could contain our pages is about to be released.
  attempt(() => mlockall(MCL_CURRENT | MCL_FUTURE));
}

/** A file that init left open would keep the old root, or a device, busy. */
export function closeInherited(): void {
  closeFrom(FIRST_INHERITED);
}

/**
 * An init other than systemd may pass on shared mounts: unmounting one would propagate to its peers,
 * in other namespaces and below /oldroot.
 */
export function makeMountsPrivate(): void {
  attempt(() => mount("none", "/", "", MS_REC | MS_PRIVATE, ""));
}

/** Init binds these into the new root; if it did not, we mount our own. */
export function mountApiFileSystems(): void {
  const flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  mountUnlessThere("/proc/self/mountinfo", "proc", "/proc", flags);
  mountUnlessThere("/sys/class/block", "sysfs", "/sys", flags);
  // These show what the kernel exports. The old root's mounts of them are unmounted earlier.
  mountIfKnown("configfs", "/sys/kernel/config", flags);
  mountIfKnown("nfsd", "/proc/fs/nfsd", flags);
  if (exists(NULL_DEVICE)) return;
  attempt(() => mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, ""));
  // It is the same devtmpfs as before, whose nodes may have been removed.
  if (!exists(NULL_DEVICE)) makeNodes();
}

/**
 * Replaces descriptors 0 to 2: if they were opened before the pivot, they keep /oldroot/dev in use.
 */
export function reopenConsole(): void {
  const fd = attempt(() => open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (fd === undefined) return;
  for (const standard of [0, 1, 2]) attempt(() => dup2(fd, standard));
  close(fd);
}

/**
 * Mounts a file system of a type that is already in the kernel: for any other, the kernel would run
 * modprobe(8) and wait for it. Silently does nothing if it is already mounted.
 */
function mountIfKnown(fsType: string, target: string, flags: number): void {
  const known = attempt(() => readFile("/proc/filesystems")) ?? "";
  if (known.includes(`\t${fsType}\n`)) attempt(() => mount(fsType, target, fsType, flags, ""));
}

function mountUnlessThere(witness: string, fsType: string, target: string, flags: number): void {
  if (exists(witness)) return;
  attempt(() => mount(fsType, target, fsType, flags, ""));
}

function exists(path: string): boolean {
  return attempt(() => stat(path)) !== undefined;
}
