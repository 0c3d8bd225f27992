import { isSysError } from "../../port/sys-error.ts";
import type { Kernel } from "../../port/teardown.ts";

/**
 * Throws EBUSY if the kernel uses one of these devices. Their drivers do not check this: they
 * disconnect a device below a file system that is still writing, or that only another mount
 * namespace shows. A device that cannot be opened for another reason is no obstacle, since nothing
 * can be written to it.
 */
export function refuseClaimed(names: readonly string[], kernel: Pick<Kernel, "claim">): void {
  for (const name of names) {
    try {
      kernel.claim(name);
    } catch (thrown) {
      if (!isSysError(thrown) || thrown.code === "EBUSY") throw thrown;
    }
  }
}
