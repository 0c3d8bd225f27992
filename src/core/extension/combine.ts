import type { CpioEntry } from "../image/cpio-entry.ts";
import { checkPrograms } from "./check-programs.ts";
import type { Extension } from "./extension.ts";
import type { FileProblem, ProgramProblem } from "./problem.ts";

interface HasExtension {
  readonly extension: Extension;
}

export interface Combined<T> {
  readonly accepted: readonly T[];
  readonly refused: readonly { readonly item: T; readonly problem: FileProblem | ProgramProblem }[];
  /** All that the accepted ones bring beside the image, in the order of unpacking. */
  readonly entries: readonly CpioEntry[];
}

/**
 * Puts extensions together with the image's entries, the first ones first. A
 * directory may be in several, nothing else may; and what PID 1 runs of them
 * by itself has to find its interpreter.
 */
export function combineExtensions<T extends HasExtension>(
  image: readonly CpioEntry[],
  items: readonly T[],
  architecture: string,
): Combined<T> {
  const combined = mergeEntries(image, items);
  const all = [...image, ...combined.entries];
  for (const item of combined.accepted) {
    const problem = checkPrograms(item.extension.entries, all, architecture);
    if (problem === undefined) continue;
    // Without it another one's interpreter may be gone: all anew.
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
  const accepted: T[] = [];
  const refused: { readonly item: T; readonly problem: FileProblem }[] = [];
  const entries: CpioEntry[] = [];
  for (const item of items) {
    const { name, entries: own } = item.extension;
    const problem = findCollision(taken, own);
    if (problem !== undefined) {
      refused.push({ item, problem });
      continue;
    }
    const added = own.filter(({ path }) => !taken.has(path));
    for (const { path, kind } of added) taken.set(path, { kind, owner: name });
    entries.push(...added);
    accepted.push(item);
  }
  return { accepted, refused, entries };
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
