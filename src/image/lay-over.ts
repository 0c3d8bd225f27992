import { isImagePath, isLoaderPath } from "../text/tree-paths.ts";
import { parentOf } from "./check-path.ts";
import { type CpioEntry, linkMode } from "./cpio-entry.ts";
import { type EntryMap, findEntry, mapEntries } from "./find-entry.ts";
import { makeTarget } from "./relative-path.ts";

/**
 * Lists what remains of `below`, the tree of an initrd, under `above`: if both have a path, `above`
 * wins. If `above` needs a directory where `below` has a link to one (/sbin), the new directory gets
 * a link to each entry of the old one.
 */
export function listBelow(
  below: readonly CpioEntry[],
  above: readonly CpioEntry[],
): readonly CpioEntry[] {
  const trees = { below: mapEntries(below), above: mapEntries(above) };
  return below.flatMap((entry) => placeBelow(entry, trees));
}

interface Trees {
  readonly below: EntryMap;
  readonly above: EntryMap;
}

function placeBelow(entry: CpioEntry, trees: Trees): readonly CpioEntry[] {
  const { path, kind } = entry;
  const isTaken = isImagePath(path) || isLoaderPath(path) || hasFileAbove(path, trees.above);
  if (isTaken) return [];
  const over = trees.above.get(path);
  if (over === undefined) return [entry];
  return over.kind === "directory" && kind === "link" ? expandLink(path, trees) : [];
}

function hasFileAbove(path: string, above: EntryMap): boolean {
  for (let at = parentOf(path); at !== ""; at = parentOf(at)) {
    const over = above.get(at);
    if (over !== undefined && over.kind !== "directory") return true;
  }
  return false;
}

function expandLink(path: string, trees: Trees): readonly CpioEntry[] {
  const directory = findEntry(trees.below, path);
  if (directory?.kind !== "directory") return [];
  const inside = [...trees.below.keys()].filter((one) => parentOf(one) === directory.path);
  return inside.flatMap((one) => {
    const name = one.slice(one.lastIndexOf("/") + 1);
    const target = makeTarget(path, one);
    const at = `${path}/${name}`;
    const link: CpioEntry = { kind: "link", path: at, mode: linkMode, target };
    // Resolved through the link that this directory replaces.
    return placeBelow(link, trees);
  });
}
