import { catchSysError, isLoss, type SysError, throwLossFirst } from "../../port/sys-error.ts";
import type { Kernel } from "../../port/teardown.ts";

/**
 * Acts on block devices, given by their kernel names, after their page cache was written: what a
 * program wrote to them without fsync(2) is written at the last close, which reports no error. A
 * device that cannot be opened is no loss: it may have held nothing.
 */
export function actAfterPages(
  names: readonly string[],
  kernel: Pick<Kernel, "writePages">,
  act: () => void,
): "data-lost" | undefined {
  let loss: SysError | undefined;
  for (const name of names) {
    const failed = catchSysError(() => kernel.writePages(devicePath(name)));
    if (failed !== undefined && isLoss(failed.syscall)) loss = failed;
  }
  throwLossFirst(loss, act);
  return loss && "data-lost";
}

/** Where sysfs has "!", /dev has "/". */
export function devicePath(name: string): string {
  return `/dev/${name.replaceAll("!", "/")}`;
}
