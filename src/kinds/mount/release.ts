import type { Kernel } from "../../port/kernel.ts";
import { attempt, isSysError } from "../../port/sys-error.ts";
import type { Remark, Step } from "../kinds.ts";

/**
 * Unmounts. umount2(2) says nothing of data that could not be written; syncfs(2)
 * does (errors since the last who asked: Linux 5.8), so that it is asked first.
 */
export function unmount(
  step: Extract<Step, { readonly kind: "umount" }>,
  kernel: Kernel,
): Remark | undefined {
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
}

function hasLostData(target: string, kernel: Kernel): boolean {
  try {
    kernel.syncFs(target);
    return false;
  } catch (thrown) {
    if (!isSysError(thrown)) throw thrown;
    // A mount on a file is no directory to open, and a dead file system gives none.
    return thrown.syscall === "syncfs";
  }
}
