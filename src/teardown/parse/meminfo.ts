import { parseDecimal } from "../../text/dev.ts";
import { splitWords } from "../../text/words.ts";

/** MemAvailable of /proc/meminfo (proc_meminfo(5)), in KiB; undefined if missing. */
export function parseMemAvailable(text: string): number | undefined {
  return parseField(text, "MemAvailable");
}

/** MemTotal, in KiB; undefined if missing. */
export function parseMemTotal(text: string): number | undefined {
  return parseField(text, "MemTotal");
}

/** MemFree, in KiB; undefined if missing. */
export function parseMemFree(text: string): number | undefined {
  return parseField(text, "MemFree");
}

/** Hugetlb, the memory in pools of huge pages of all sizes, in KiB; undefined if missing. */
export function parseHugePages(text: string): number | undefined {
  return parseField(text, "Hugetlb");
}

/**
 * Dirty plus Writeback, in KiB; undefined if missing. Before Linux 5.8, Writeback does not include
 * NFS_Unstable, which an NFS server has not committed.
 */
export function parseUnwritten(text: string): number | undefined {
  const dirty = parseField(text, "Dirty");
  const underWay = parseField(text, "Writeback");
  const unstable = parseField(text, "NFS_Unstable") ?? 0;
  return dirty === undefined || underWay === undefined ? undefined : dirty + underWay + unstable;
}

function parseField(text: string, name: string): number | undefined {
  const line = text.split("\n").find((one) => one.startsWith(`${name}:`));
  return parseDecimal(splitWords(line ?? "")[1] ?? "");
}
