import { parseDecimal } from "../../text/dev.ts";
import { splitWords } from "../../text/words.ts";

/**
 * The number of free pages on the per-CPU lists of each online CPU, in all zones (/proc/zoneinfo,
 * proc_zoneinfo(5): "count" of its pagesets). MemFree does not include them.
 */
export function parseKeptPages(text: string): ReadonlyMap<number, number> {
  const kept = new Map<number, number>();
  let cpu: number | undefined;
  for (const line of text.split("\n")) {
    const [key, value = ""] = splitWords(line);
    if (key === "cpu:") cpu = parseDecimal(value);
    if (key === "count:" && cpu !== undefined) {
      kept.set(cpu, (kept.get(cpu) ?? 0) + (parseDecimal(value) ?? 0));
    }
  }
  return kept;
}
