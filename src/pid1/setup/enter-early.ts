import {
  access,
  armLastResort,
  chdir,
  chroot,
  execve,
  LINUX_REBOOT_CMD_POWER_OFF,
  MNT_DETACH,
  MS_BIND,
  MS_REC,
  mount,
  pivotRoot,
  readFile,
  readlink,
  UMOUNT_NOFOLLOW,
  umount2,
  X_OK,
} from "exitrd:sys";
import { attempt, trySys } from "../../port/sys-error.ts";
import { shutdownPath, treePlace } from "../../text/tree-paths.ts";
import { makeMountsPrivate } from "./prepare.ts";

/** The program that init executes at the end; exitrd-early.service mounts ours over it. */
const REPLACED = "/systemd-shutdown";
// All of /sys, because the control groups show which processes have SurviveFinalKillSignal=. Not
// all of /run, because the tree is there.
const API_PLACES: Readonly<Record<string, number>> = {
  dev: MS_BIND,
  proc: MS_BIND,
  run: MS_BIND,
  sys: MS_BIND | MS_REC,
};

/**
 * Enters the tree in RAM if init has executed this program instead of systemd-shutdown(8), which
 * would pivot much later; returns false if not. If the tree is gone, or the kernel refuses,
 * uncovers the real systemd-shutdown and executes it, which shuts the machine down as usual.
 *
 * Calls `leave` first, once the tree was seen: the pivot moves the root and the working directory of all
 * processes, so that they no longer find their files.
 */
export function enterEarly(argv: readonly string[], leave: () => void): boolean {
  const own = argv[0] ?? "";
  if (!own.endsWith(REPLACED)) return false;
  if (trySys(() => enterTree(leave)).ok) return true;
  attempt(() => executeReplaced(own, argv));
  // Neither program is there. The caller continues here and releases what it can.
  return false;
}

/**
 * Enters the tree as systemd-shutdown(8) would: API file systems bound, the old root at /oldroot.
 */
function enterTree(leave: () => void): void {
  access(`${treePlace}/${shutdownPath}`, X_OK);
  try {
    leave();
  } catch {
    // A bug there must not cost the machine its exitrd.
  }
  // pivot_root(2) refuses shared mounts.
  makeMountsPrivate();
  for (const [name, flags] of Object.entries(API_PLACES)) {
    mount(`/${name}`, `${treePlace}/${name}`, "", flags, "");
  }
  chdir(treePlace);
  pivotRoot(".", "oldroot");
  chroot(".");
  chdir("/");
  // This program was executed from that mount, which would keep the old root busy.
  attempt(unmountOwn);
}

/**
 * Unmounts this program, which covers the real one. The path is that of the kernel, without symbolic
 * links: an absolute link in argv[0] leads elsewhere after the pivot.
 */
function unmountOwn(): void {
  umount2(readlink("/proc/self/exe"), MNT_DETACH | UMOUNT_NOFOLLOW);
}

function executeReplaced(own: string, argv: readonly string[]): void {
  const environment = readFile("/proc/self/environ").split("\0");
  unmountOwn();
  // A timer outlives execve(2).
  armLastResort(0, LINUX_REBOOT_CMD_POWER_OFF);
  execve(
    own,
    argv,
    environment.filter((one) => one !== ""),
  );
}
