import type { ActPorts } from "../../execute/ports.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import { waitUntil } from "../../execute/step/wait-until.ts";
import { attempt, catchSysError, type SysError, throwLossFirst } from "../../port/sys-error.ts";
import type { Kernel, Reader } from "../../port/teardown.ts";
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
    const loss = findLoss(step.target, kernel);
    throwLossFirst(loss, () => kernel.umount(step.target, step));
    return loss === undefined ? undefined : "data-lost";
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
  const failed = catchSysError(() => kernel.syncFs(target));
  // A mount on a file cannot be opened as a directory, and a dead file system cannot be opened at
  // all.
  return failed?.syscall === "syncfs" ? failed : undefined;
}

function isListed(mountId: number, reader: Reader): boolean {
  const mounts = parseMountinfo(reader.readText("/proc/self/mountinfo"));
  return mounts.some((mount) => mount.id === mountId);
}
