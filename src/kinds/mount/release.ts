import type { ActPorts } from "../../execute/ports.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import { waitUntil } from "../../execute/step/wait-until.ts";
import { readOrEmpty } from "../../port/best-effort.ts";
import { attempt, catchSysError, type SysError, throwLossFirst } from "../../port/sys-error.ts";
import type { Kernel, Reader } from "../../port/teardown.ts";
import { parseUnwritten } from "../../teardown/parse/meminfo.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import { cachesWrites } from "../file-systems.ts";
import type { Umount } from "./model.ts";
import { parseMountinfo } from "./mountinfo.ts";

const FORCED_END_MS = 3_000;

/**
 * Calls syncfs(2) before umount2(2), because only syncfs(2) reports data that could not be written
 * (since Linux 5.8, errors since the last call).
 */
export const umountReleaser: Releaser<Umount> = {
  perform(step, ports) {
    const { kernel } = ports;
    // A detached mount stays in use and is synced when its last user is gone. If force is needed,
    // the server does not answer, and syncfs(2) would block.
    if (step.force) return unmountByForce(step, ports);
    if (step.lazy) {
      kernel.umount(step.target, step);
      return undefined;
    }
    // A frozen file system stays active after its unmount. Most are not frozen: EINVAL.
    if (!step.served) attempt(() => kernel.thaw(step.target));
    const failed = catchSysError(() => kernel.syncFs(step.target));
    const isUnsaved = failed !== undefined && isCutOff(step, failed.code, ports.reader);
    // What stays in use is at least consistent.
    if (step.tree) attempt(() => kernel.remountReadOnly(step.target));
    const how = { lazy: step.tree === true, force: false };
    throwLossFirst(asLoss(failed), () => kernel.umount(step.target, how));
    return asLoss(failed) !== undefined || isUnsaved ? "data-lost" : undefined;
  },
  // One lookup instead of the whole table: with 10,000 mounts, reading the table in each step would
  // be quadratic.
  isReleased({ target, mountId }, reader) {
    // If the server is dead (ENOTCONN, EACCES, EIO, ESTALE) or the path was renamed, only the table
    // of mounts shows whether the mount is gone.
    const now = attempt(() => reader.stat(target));
    if (now === undefined || now.mountId === 0) return !isListed(mountId, reader);
    return now.mountId !== mountId;
  },
};

/**
 * MNT_FORCE makes all requests to the server fail, but then still finds the mount busy: the waiting
 * processes exit and close their files only after that.
 */
function unmountByForce(step: Umount, ports: ActPorts): undefined {
  const isUnmounted = (): boolean =>
    attempt(() => {
      ports.kernel.umount(step.target, step);
      return true;
    }, ["EBUSY"]) ?? false;
  // The last attempt, for its error.
  if (!waitUntil(isUnmounted, FORCED_END_MS, ports)) ports.kernel.umount(step.target, step);
}

/** Writes the data of a file system; returns the error if that failed for some of it. */
export function findLoss(target: string, kernel: Kernel): SysError | undefined {
  return asLoss(catchSysError(() => kernel.syncFs(target)));
}

/**
 * A mount on a file cannot be opened as a directory, and a dead file system cannot be opened at all:
 * both are no loss by themselves.
 */
function asLoss(failed: SysError | undefined): SysError | undefined {
  return failed?.syscall === "syncfs" ? failed : undefined;
}

const CUT_OFF: readonly string[] = ["ESTALE", "EIO", "ETIMEDOUT", "EHOSTDOWN"];

/**
 * Whether unwritten data may be lost because the server of a mount that caches writes is gone. Not for
 * FUSE: its servers are killed at each shutdown, and few cache writes.
 */
function isCutOff({ mountId, served }: Umount, code: string, reader: Reader): boolean {
  if (!served || !CUT_OFF.includes(code)) return false;
  // Then no file system has anything to lose.
  if (parseUnwritten(readOrEmpty("/proc/meminfo", reader)) === 0) return false;
  const mount = attempt(() => listMounts(reader))?.find(({ id }) => id === mountId);
  if (mount === undefined || !cachesWrites(mount.fsType)) return false;
  return !mount.options.includes("ro") && !mount.superOptions.includes("ro");
}

function listMounts(reader: Reader): readonly Mount[] {
  return parseMountinfo(reader.readText("/proc/self/mountinfo"));
}

function isListed(mountId: number, reader: Reader): boolean {
  return listMounts(reader).some(({ id }) => id === mountId);
}
