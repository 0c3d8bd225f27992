import type { Kernel } from "./kernel.ts";
import { attempt } from "./sys-error.ts";

/** Writes to a file of /proc or /sys where nothing that follows depends on whether it worked. */
export function tryWrite(path: string, text: string, kernel: Pick<Kernel, "write">): void {
  attempt(() => kernel.write(path, text));
}
