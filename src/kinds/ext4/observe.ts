import type { Reader } from "../../port/reader.ts";
import { attempt } from "../../port/sys-error.ts";

/** The journals in use by name (fs/jbd2/journal.c), with "/" where the kernel writes "!". */
export function observeJournals(reader: Reader): { readonly journals?: readonly string[] } {
  const names = attempt(() => reader.readDir("/proc/fs/jbd2")) ?? [];
  return names.length === 0 ? {} : { journals: names.map((name) => name.replaceAll("!", "/")) };
}
