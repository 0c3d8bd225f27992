import { attempt } from "../../port/sys-error.ts";
import type { Kernel, Reader } from "../../port/teardown.ts";
import { parseDecimal } from "../../text/dev.ts";
import { splitWords } from "../../text/words.ts";

/**
 * Removes all System V shared memory. It exists without any process, and large segments in swap
 * would make swapoff(2) fail. A segment that is still attached stays until its process exits.
 */
export function removeSharedMemory({
  kernel,
  reader,
}: {
  readonly kernel: Kernel;
  readonly reader: Reader;
}): void {
  const text = attempt(() => reader.readText("/proc/sysvipc/shm")) ?? "";
  for (const line of text.split("\n")) {
    // proc_sysvipc(5): key and identifier come first, below a line of headings.
    const id = parseDecimal(splitWords(line)[1] ?? "");
    if (id !== undefined) attempt(() => kernel.removeSharedMemory(id));
  }
}
