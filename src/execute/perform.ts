import { parseMountinfo } from "../core/parse/mountinfo.ts";
import { parseSwaps } from "../core/parse/swaps.ts";
import type { DmMessage, Step } from "../core/plan/step.ts";
import type { Remark } from "../core/report/outcome.ts";
import type { Kernel } from "../port/kernel.ts";
import type { Claims, Reader } from "../port/reader.ts";
import { isSysError } from "../port/sys-error.ts";
import { endMdmon, isMdmonGone } from "./end-mdmon.ts";
import { endProcess, isEnded } from "./end-process.ts";
import { ABSENT, isGone, readUnlessGone } from "./is-gone.ts";
import type { ActPorts } from "./ports.ts";
import { stopBcache } from "./stop-bcache.ts";
import { unmount } from "./unmount.ts";

type Telling = Extract<Step, { readonly kind: "bcache-stop" | "umount" }>;
type SessionClose = Extract<Step, { readonly kind: "session-close" }>;

/**
 * Does one step. Runs in a child: it may block for as long as the kernel likes.
 * Throws a `SysError`; returning proves nothing, `isReleased` does.
 */
export function perform(step: Step, ports: ActPorts): Remark | undefined {
  switch (step.kind) {
    case "bcache-stop":
      return stopBcache(step.name, ports);
    case "umount":
      return unmount(step, ports.kernel);
    default:
      act(step, ports);
      return undefined;
  }
}

/** What has nothing to tell. */
function act(step: Exclude<Step, Telling>, ports: ActPorts): void {
  const { kernel } = ports;
  switch (step.kind) {
    case "swapoff":
      return kernel.swapoff(step.path);
    case "loop-detach":
      return kernel.loopDetach(step.name);
    case "dm-remove":
      sendMessages(step.dev, step.messages, kernel);
      return kernel.dmRemove(step.dev);
    case "dm-unblock":
      if (step.resume) kernel.dmResume(step.dev);
      return sendMessages(step.dev, step.messages, kernel);
    case "zram-reset":
      return kernel.zramReset(step.name);
    case "bcache-set-stop":
      return kernel.bcacheSetStop(step.uuid);
    case "nbd-disconnect":
      return kernel.nbdDisconnect(step.name);
    case "mdmon-end":
      return endMdmon(step, ports);
    case "process-end":
      return endProcess(step, ports);
    case "md-stop":
      return kernel.mdStop(step.name);
    case "zpool-export":
      return kernel.zpoolExport(step.name, step.hardForce);
    case "drbd-down":
      return kernel.drbdDown(step.name);
    case "session-close":
      return closeSession(step, kernel);
  }
}

/** One that fails costs the others nothing: a dead disk or path must not keep the target from being told. */
function closeSession(step: SessionClose, kernel: Kernel): void {
  switch (step.protocol) {
    case "nvme":
      return callAll(step.paths, (path) => kernel.nvmeDelete(path));
    case "iscsi":
      try {
        // The disks first: deleting one flushes its cache, which needs the connection.
        callAll(step.devices, (name) => kernel.scsiDelete(name));
      } finally {
        callAll(step.paths, (path) => kernel.iscsiLogout(path));
      }
  }
}

/** Calls for each, then throws the first `SysError` that there was. */
function callAll(names: readonly string[], call: (name: string) => void): void {
  let first: unknown;
  for (const name of names) {
    try {
      call(name);
    } catch (thrown) {
      if (!isSysError(thrown)) throw thrown;
      first ??= thrown;
    }
  }
  if (first !== undefined) throw first;
}

function sendMessages(dev: string, messages: readonly DmMessage[], kernel: Kernel): void {
  for (const { sector, text } of messages) kernel.dmMessage(dev, sector, text);
}

/**
 * Reads the kernel's state again: is what the step was to release gone? Also
 * runs in the child, since looking up a path can block on a dead server.
 */
export function isReleased(step: Step, reader: Reader & Claims): boolean {
  switch (step.kind) {
    case "umount":
      return isUnmounted(step.target, step.mountId, reader);
    case "swapoff":
      // Once the mount that holds its node is detached, the kernel shows its end alone.
      return !readSwaps(reader).some((swap) => step.path.endsWith(swap.path));
    case "loop-detach":
      return isGone(`/sys/block/${step.name}/loop/backing_file`, reader);
    case "dm-remove":
      return isDmGone(step.dev, reader);
    case "dm-unblock":
      return !isBlocked(step.dev, reader);
    case "zram-reset":
      return (
        (
          readUnlessGone(() => reader.readText(`/sys/block/${step.name}/disksize`)) ?? "0"
        ).trim() === "0"
      );
    case "bcache-stop":
      return isGone(`/sys/block/${step.name}/dev`, reader) && isFree(step.backing, reader);
    case "bcache-set-stop":
      return (
        isGone(`/sys/fs/bcache/${step.uuid}/bucket_size`, reader) &&
        step.devices.every((name) => isFree(name, reader))
      );
    case "nbd-disconnect":
      return isGone(`/sys/block/${step.name}/pid`, reader);
    case "mdmon-end":
      return isMdmonGone(step, reader);
    case "process-end":
      return isEnded(step, reader);
    case "md-stop":
      return isStopped(step.name, reader);
    case "zpool-export":
      return isGone(`/proc/spl/kstat/zfs/${step.name}/state`, reader);
    case "drbd-down":
      return (
        step.devices.every((name) => isGone(`/sys/block/${name}/dev`, reader)) &&
        step.backings.every((name) => isFree(name, reader))
      );
    case "session-close":
      return isClosed(step, reader);
  }
}

/** EINVAL says that it is being removed (kernel: drivers/md/dm-sysfs.c): it is not gone yet. */
function isDmGone(dev: string, reader: Reader): boolean {
  const path = `/sys/dev/block/${dev}/dm/uuid`;
  try {
    return isGone(path, reader);
  } catch (thrown) {
    if (isSysError(thrown) && thrown.code === "EINVAL") return false;
    throw thrown;
  }
}

function isUnmounted(target: string, mountId: number, reader: Reader): boolean {
  // One look-up instead of the whole table: with 10,000 mounts, reading the
  // table once a step would be quadratic.
  const now = readUnlessGone(() => reader.stat(target));
  if (now === undefined) return !isListed(mountId, reader);
  if (now.mountId !== 0) return now.mountId !== mountId;
  return !isListed(mountId, reader);
}

function isListed(mountId: number, reader: Reader): boolean {
  const mounts = parseMountinfo(reader.readText("/proc/self/mountinfo"));
  return mounts.some((mount) => mount.id === mountId);
}

function readSwaps(reader: Reader) {
  return parseSwaps(reader.readText("/proc/swaps"));
}

function isClosed(step: SessionClose, reader: Reader): boolean {
  const paths = step.paths.map((path) =>
    step.protocol === "nvme"
      ? `/sys/class/nvme/${path}/state`
      : `/sys/class/iscsi_connection/${path}/address`,
  );
  const disks = step.devices.map((name) => `/sys/block/${name}/dev`);
  return [...paths, ...disks].every((path) => isGone(path, reader));
}

function isBlocked(dev: string, reader: Reader): boolean {
  const dm = readUnlessGone(() => reader.readDm(dev));
  if (dm === undefined) return false;
  return dm.suspended || dm.targets.some((target) => target.queuesWithoutPath === true);
}

// md_attr_show (drivers/md/md.c, Linux 6.0 on) answers EBUSY between the stop
// of an array and its directory's removal, which a worker does later.
const MD_ABSENT = [...ABSENT, "EBUSY"];

function isStopped(name: string, reader: Reader): boolean {
  const path = `/sys/block/${name}/md/array_state`;
  const state = readUnlessGone(() => reader.readText(path), MD_ABSENT);
  return state === undefined || state.trim() === "clear";
}

/** The kernel lets go of a device a moment after what kept it is gone from sysfs. */
function isFree(name: string, reader: Claims): boolean {
  return readUnlessGone(() => reader.isClaimed(name)) !== true;
}
