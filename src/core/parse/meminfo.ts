import { parseDecimal } from "./dev.ts";
import { splitWords } from "./words.ts";

/** MemAvailable of /proc/meminfo (proc_meminfo(5)), in KiB; undefined where there is none. */
export function parseMemAvailable(text: string): number | undefined {
  const line = text.split("\n").find((one) => one.startsWith("MemAvailable:"));
  return parseDecimal(splitWords(line ?? "")[1] ?? "");
}
