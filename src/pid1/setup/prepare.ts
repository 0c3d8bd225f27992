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

// A descriptor a running child, and then some; systemd hands over a low limit.
const DESCRIPTORS = 4096;

const NULL_DEVICE = "/dev/null";

// setpriority(2)
const HIGHEST_PRIORITY = -20;

/** Makes this process fit to be PID 1. The signal mask is native/main_pid1.c's. */
export function prepareProcess(): void {
  // Else what is to be ended may have all of the time there is.
  attempt(() => setNice(HIGHEST_PRIORITY));
  attempt(() => umask(0o022));
  attempt(() => chdir("/"));
  attempt(() => setSoftLimit(RLIMIT_NOFILE, DESCRIPTORS));
  // The swap that a page of ours could be in is about to go.
  attempt(() => mlockall(MCL_CURRENT | MCL_FUTURE));
}

/**
 * An init other than systemd may hand over shared mounts: whatever happens to
 * one would happen to its peers too, in other namespaces and below /oldroot.
 */
export function makeMountsPrivate(): void {
  attempt(() => mount("none", "/", "", MS_REC | MS_PRIVATE, ""));
}

/** Init binds these into the new root; where it could not, we mount our own. */
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
  // It is the one that was there before, and may have been emptied.
  if (!exists(NULL_DEVICE)) makeNodes();
}

function mountUnlessThere(witness: string, fsType: string, target: string, flags: number): void {
  if (exists(witness)) return;
  attempt(() => mount(fsType, target, fsType, flags, ""));
}

function exists(path: string): boolean {
  return attempt(() => stat(path)) !== undefined;
}
