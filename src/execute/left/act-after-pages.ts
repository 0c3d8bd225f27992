import { listOrNone } from "../../port/best-effort.ts";
import { catchSysError, isLoss, type SysError, throwLossFirst } from "../../port/sys-error.ts";
import type { Kernel, Reader } from "../../port/teardown.ts";

/**
 * Acts on block devices, given by their kernel names, after their page cache was written: what a
 * program wrote to them without fsync(2) is written at the last close, which reports no error. So are
 * their partitions, which have page caches of their own. A device that cannot be opened is no loss: it
 * may have held nothing.
 */
export function actAfterPages(
  names: readonly string[],
  { kernel, reader }: { readonly kernel: Pick<Kernel, "writePages">; readonly reader: Reader },
  act: () => void,
): "data-lost" | undefined {
  let loss: SysError | undefined;
  for (const name of names.flatMap((disk) => [disk, ...listPartitions(disk, reader)])) {
    const failed = catchSysError(() => kernel.writePages(devicePath(name)));
    if (failed !== undefined && isLoss(failed.syscall)) loss = failed;
  }
  throwLossFirst(loss, act);
  return loss && "data-lost";
}

function listPartitions(disk: string, reader: Reader): readonly string[] {
  return listOrNone(`/sys/block/${disk}`, reader).filter((entry) => entry.startsWith(disk));
}

/** Where sysfs has "!", /dev has "/". */
export function devicePath(name: string): string {
  return `/dev/${name.replaceAll("!", "/")}`;
}
