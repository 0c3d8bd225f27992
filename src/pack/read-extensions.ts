import type { ExtensionProblem } from "../extension/extension-problem.ts";
import { type ExtensionPorts, readExtension } from "../extension/read-extension.ts";
import type { CpioEntry } from "../image/cpio-entry.ts";
import { combineExtensions } from "../image/extension/combine.ts";
import type { Extension } from "../image/extension/extension.ts";
import type { ExtensionHost } from "../image/extension/match-release.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";

export interface AddedExtensions {
  /** In the order of their names, so that the order of the options makes no difference. */
  readonly extensions: readonly Extension[];
  readonly entries: readonly CpioEntry[];
}

export interface BadExtension {
  readonly kind: "extension";
  readonly path: string;
  readonly problem: ExtensionProblem;
}

/**
 * Reads the extensions to be added to `base`. They need no signature: the person who builds an
 * image vouches for its contents.
 */
export function readExtensions(
  paths: readonly string[],
  base: readonly CpioEntry[],
  host: ExtensionHost,
  ports: ExtensionPorts,
): Checked<AddedExtensions, BadExtension> {
  const items: { readonly path: string; readonly extension: Extension }[] = [];
  for (const path of paths) {
    const read = readExtension(path, host, undefined, ports);
    if (!read.ok) return refuse({ kind: "extension", path, problem: read.problem });
    items.push({ path, extension: read.value.extension });
  }
  // Two may have the same name: of these, the second is refused.
  const nameOf = (item: { readonly extension: Extension }) => item.extension.name;
  items.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : Number(nameOf(a) > nameOf(b))));
  const { accepted, refused } = combineExtensions(base, items, host.machine);
  const [first] = refused;
  if (first !== undefined) {
    return refuse({ kind: "extension", path: first.item.path, problem: first.problem });
  }
  return accept({
    extensions: accepted.map(({ item }) => item.extension),
    entries: accepted.flatMap(({ entries }) => entries),
  });
}
