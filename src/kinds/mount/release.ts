import { readUnlessGone } from "../../execute/step/is-gone.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import type { Kernel } from "../../port/kernel.ts";
import type { Reader } from "../../port/reader.ts";
import { attempt, isSysError } from "../../port/sys-error.ts";
import type { Umount } from "./model.ts";
import { parseMountinfo } from "./mountinfo.ts";

/**
 * umount2(2) says nothing of data that could not be written; syncfs(2) does (errors since the
 * last who asked: Linux 5.8), so that it is asked first.
 */
export const umountReleaser: Releaser<Umount> = {
  perform(step, { kernel }) {
    // What is detached stays in use, and is synced when the last user is gone. Where force
    // is needed, a server does not answer: asked first, it would never come to that.
    if (step.lazy || step.force) {
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
    const now = readUnlessGone(() => reader.stat(target));
    if (now === undefined || now.mountId === 0) return !isListed(mountId, reader);
    return now.mountId !== mountId;
  },
};

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
