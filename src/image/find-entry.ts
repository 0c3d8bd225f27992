import { parentOf } from "./check-path.ts";
import type { CpioEntry } from "./cpio-entry.ts";

/** Entries by their paths. */
export type EntryMap = ReadonlyMap<string, CpioEntry>;

// include/linux/namei.h, MAXSYMLINKS
const mostLinks = 40;

/** The entry that a path leads to, through the links of the tree; undefined if it leads nowhere. */
export function findEntry(entries: EntryMap, path: string): CpioEntry | undefined {
  const resolved = resolvePath((at) => targetOf(entries.get(at)), path);
  return resolved === undefined ? undefined : entries.get(resolved);
}

/** Undefined unless it is a link. */
function targetOf(entry: CpioEntry | undefined): string | undefined {
  return entry?.kind === "link" ? entry.target : undefined;
}

/**
 * The path without links, whether or not there is something at its end; undefined if links lead in
 * a circle. `readTarget` returns the target of the link at a path, which may be anything.
 */
export function resolvePath(
  readTarget: (path: string) => string | undefined,
  path: string,
): string | undefined {
  const left = path.split("/").reverse();
  let at = "";
  let links = 0;
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      at = parentOf(at);
      continue;
    }
    const next = at === "" ? part : `${at}/${part}`;
    const target = readTarget(next);
    if (target === undefined) {
      at = next;
      continue;
    }
    links += 1;
    if (links > mostLinks) return undefined;
    if (target.startsWith("/")) at = "";
    left.push(...target.split("/").reverse());
  }
  return at;
}

export function mapEntries(entries: readonly CpioEntry[]): EntryMap {
  return new Map(entries.map((entry) => [entry.path, entry]));
}
