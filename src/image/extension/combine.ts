import type { CpioEntry } from "../cpio-entry.ts";
import { checkPrograms } from "./check-programs.ts";
import type { Extension } from "./extension.ts";
import type { FileProblem, ProgramProblem } from "./problem.ts";

interface HasExtension {
  readonly extension: Extension;
}

export interface Combined<T> {
  /** Each with the entries that it adds to the image and the ones before, in the order of unpacking. */
  readonly accepted: readonly { readonly item: T; readonly entries: readonly CpioEntry[] }[];
  readonly refused: readonly { readonly item: T; readonly problem: FileProblem | ProgramProblem }[];
}

/**
 * Adds extensions to the image's entries, in order. Only directories may be in several of them, and
 * the interpreters of all programs that PID 1 runs must exist.
 */
export function combineExtensions<T extends HasExtension>(
  image: readonly CpioEntry[],
  items: readonly T[],
  architecture: string,
): Combined<T> {
  const combined = mergeEntries(image, items);
  const all = [...image, ...combined.accepted.flatMap(({ entries }) => entries)];
  for (const { item } of combined.accepted) {
    const problem = checkPrograms(item.extension.entries, all, architecture);
    if (problem === undefined) continue;
    // It may have contained the interpreter of another extension's script: start again without it.
    const rest = combineExtensions(
      image,
      items.filter((other) => other !== item),
      architecture,
    );
    return { ...rest, refused: [{ item, problem }, ...rest.refused] };
  }
  return combined;
}

interface Owned {
  readonly kind: CpioEntry["kind"];
  /** An extension's name; undefined for the image. */
  readonly owner: string | undefined;
}

function mergeEntries<T extends HasExtension>(
  image: readonly CpioEntry[],
  items: readonly T[],
): Combined<T> {
  const taken = new Map<string, Owned>();
  for (const { path, kind } of image) taken.set(path, { kind, owner: undefined });
  const accepted: { readonly item: T; readonly entries: readonly CpioEntry[] }[] = [];
  const refused: { readonly item: T; readonly problem: FileProblem }[] = [];
  for (const item of items) {
    const { name } = item.extension;
    const problem = findCollision(taken, item.extension.entries);
    if (problem !== undefined) {
      refused.push({ item, problem });
      continue;
    }
    const entries = item.extension.entries.filter(({ path }) => !taken.has(path));
    for (const { path, kind } of entries) taken.set(path, { kind, owner: name });
    accepted.push({ item, entries });
  }
  return { accepted, refused };
}

function findCollision(
  taken: ReadonlyMap<string, Owned>,
  entries: readonly CpioEntry[],
): FileProblem | undefined {
  for (const { path, kind } of entries) {
    const found = taken.get(path);
    if (found !== undefined && (found.kind !== "directory" || kind !== "directory")) {
      return { kind: "collision", path, owner: found.owner };
    }
  }
  return undefined;
}
