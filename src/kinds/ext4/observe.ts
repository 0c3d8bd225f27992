import { listOrNone } from "../../port/best-effort.ts";
import type { Reader } from "../../port/teardown.ts";

/** The journals in use by name (fs/jbd2/journal.c), with "/" where the kernel writes "!". */
export function observeJournals(reader: Reader): { readonly journals?: readonly string[] } {
  const names = listOrNone("/proc/fs/jbd2", reader);
  return names.length === 0 ? {} : { journals: names.map((name) => name.replaceAll("!", "/")) };
}
