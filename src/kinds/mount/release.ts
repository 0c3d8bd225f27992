import type { ActPorts } from "../../execute/ports.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import { waitUntil } from "../../execute/step/wait-until.ts";
import { attempt, isSysError } from "../../port/sys-error.ts";
import type { Kernel, Reader } from "../../port/teardown.ts";
import type { Umount } from "./model.ts";
import { parseMountinfo } from "./mountinfo.ts";

const FORCED_END_MS = 3_000;

/**
 * umount2(2) says nothing of data that could not be written; syncfs(2) does (errors since the
 * last who asked: Linux 5.8), so that it is asked first.
 */
export const umountReleaser: Releaser<Umount> = {
  perform(step, ports) {
    const { kernel } = ports;
    // What is detached stays in use, and is synced when the last user is gone. Where force
    // is needed, a server does not answer: asked first, it would never come to that.
    if (step.force) return unmountByForce(step, ports);
    if (step.lazy) {
      kernel.umount(step.target, step);
      return undefined;
    }
    // A frozen file system survives its unmount. Hardly any is: EINVAL.
    if (!step.served) attempt(() => kernel.thaw(step.target));
    const isLost = hasLostData(step.target, kernel);
    kernel.umount(step.target, step);
    return isLost ? "data-lost" : undefined;
  },
  // One look-up instead of the whole table: with 10,000 mounts, reading the
  // table once a step would be quadratic.
  isReleased({ target, mountId }, reader) {
    // A dead server (ENOTCONN, EACCES, EIO, ESTALE) and a path that somebody renamed say nothing
    // of the mount; the table of mounts does.
    const now = attempt(() => reader.stat(target));
    if (now === undefined || now.mountId === 0) return !isListed(mountId, reader);
    return now.mountId !== mountId;
  },
};

/**
 * MNT_FORCE fails whoever waits for the server, and then finds the mount busy still: they end only
 * now, and what they have open with them.
 */
function unmountByForce(step: Umount, ports: ActPorts): undefined {
  const isUnmounted = (): boolean =>
    attempt(() => {
      ports.kernel.umount(step.target, step);
      return true;
    }, ["EBUSY"]) ?? false;
  // The last time for its error.
  if (!waitUntil(isUnmounted, FORCED_END_MS, ports)) ports.kernel.umount(step.target, step);
}

function hasLostData(target: string, kernel: Kernel): boolean {
  try {
    kernel.syncFs(target);
    return false;
  } catch (thrown) {
    if (!isSysError(thrown)) throw thrown;
    // A mount on a file cannot be opened as a directory, and a dead file system opens nothing.
    return thrown.syscall === "syncfs";
  }
}

function isListed(mountId: number, reader: Reader): boolean {
  const mounts = parseMountinfo(reader.readText("/proc/self/mountinfo"));
  return mounts.some((mount) => mount.id === mountId);
}
