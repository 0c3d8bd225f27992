import {
  chdir,
  MCL_CURRENT,
  MCL_FUTURE,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_REC,
  mlockall,
  mount,
  RLIMIT_NOFILE,
  setNice,
  setSoftLimit,
  stat,
  umask,
} from "exitrd:sys";
import { attempt } from "../../port/sys-error.ts";
import { makeNodes } from "./make-nodes.ts";

// One descriptor per running child, and a reserve; systemd passes on a low limit.
const DESCRIPTORS = 4096;

const NULL_DEVICE = "/dev/null";

// setpriority(2)
const HIGHEST_PRIORITY = -20;

/** Makes this process fit to be PID 1. The signal mask is native/main_pid1.c's. */
export function prepareProcess(): void {
  // Otherwise the processes we are about to kill could starve us of CPU time.
  attempt(() => setNice(HIGHEST_PRIORITY));
  attempt(() => umask(0o022));
  attempt(() => chdir("/"));
  attempt(() => setSoftLimit(RLIMIT_NOFILE, DESCRIPTORS));
  // The swap that could contain our pages is about to be released.
  attempt(() => mlockall(MCL_CURRENT | MCL_FUTURE));
}

/**
 * An init other than systemd may pass on shared mounts: unmounting one would propagate to its peers,
 * in other namespaces and below /oldroot.
 */
export function makeMountsPrivate(): void {
  attempt(() => mount("none", "/", "", MS_REC | MS_PRIVATE, ""));
}

/** Init binds these into the new root; if it could not, we mount our own. */
export function mountApiFileSystems(): void {
  const flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  mountUnlessThere("/proc/self/mountinfo", "proc", "/proc", flags);
  mountUnlessThere("/sys/class/block", "sysfs", "/sys", flags);
  // Through these goes what the kernel exports; through the old root's mounts it could not, which
  // go at the same time. Refused where there is no such place, or it is mounted there already.
  attempt(() => mount("configfs", "/sys/kernel/config", "configfs", flags, ""));
  attempt(() => mount("nfsd", "/proc/fs/nfsd", "nfsd", flags, ""));
  if (exists(NULL_DEVICE)) return;
  attempt(() => mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, ""));
  // It is the previous devtmpfs, whose nodes may have been removed.
  if (!exists(NULL_DEVICE)) makeNodes();
}

function mountUnlessThere(witness: string, fsType: string, target: string, flags: number): void {
  if (exists(witness)) return;
  attempt(() => mount(fsType, target, fsType, flags, ""));
}

function exists(path: string): boolean {
  return attempt(() => stat(path)) !== undefined;
}
