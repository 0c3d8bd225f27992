import { parseDecimal } from "../../text/dev.ts";
import { splitWords } from "../../text/words.ts";

/** The total of "186 N0=100 N1=86" (/sys/kernel/slab, ABI/testing/sysfs-kernel-slab); 0 if missing. */
export function parseSlabCount(text: string): number {
  return parseDecimal(splitWords(text)[0] ?? "") ?? 0;
}
