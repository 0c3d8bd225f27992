import { attempt } from "../../port/sys-error.ts";
import type { Kernel, Reader } from "../../port/teardown.ts";
import { parseDecimal } from "../../text/dev.ts";
import { splitWords } from "../../text/words.ts";

/**
 * Removes all System V shared memory, which lives on without any process: full segments that lie
 * in swap would keep it from being switched off. What a process still has attached stays until
 * that ends.
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
