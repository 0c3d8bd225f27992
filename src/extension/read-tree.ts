import { isSafePath } from "../image/check-path.ts";
import type { CpioEntry } from "../image/cpio-entry.ts";
import { chooseMode } from "../image/entry-mode.ts";
import { checkFile, checkRoots, isDirectory } from "../image/extension/check-files.ts";
import {
  type ExtensionClass,
  extensionClasses,
  releasePathOf,
} from "../image/extension/extension.ts";
import { type ExtensionHost, matchRelease } from "../image/extension/match-release.ts";
import type { ContentProblem } from "../image/extension/problem.ts";
import { largestImage } from "../image/manifest.ts";
import type { ExtensionTree } from "../port/loader.ts";
import { toByteString } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";

export interface TreeContents {
  readonly class: ExtensionClass;
  readonly version: string;
  readonly entries: readonly CpioEntry[];
}

const mostFiles = 4096;

/**
 * Reads all files of the extension `name` and checks that they may be added to the tree of `host`.
 * `prefix` is the path of its top directory.
 */
export function readTree(
  tree: ExtensionTree,
  prefix: "" | "usr/",
  name: string,
  host: ExtensionHost,
): Checked<TreeContents, ContentProblem> {
  const found = walk(tree, prefix);
  if (!found.ok) return found;
  const entries = found.value;
  for (const extensionClass of extensionClasses) {
    const path = releasePathOf(extensionClass, name);
    const release = entries.find((entry) => entry.path === path);
    if (release?.kind !== "file") continue;
    const version = matchRelease(toByteString(release.data), extensionClass, host);
    if (!version.ok) return version;
    const problem = checkRoots(entries, extensionClass);
    if (problem !== undefined) return refuse(problem);
    return accept({ class: extensionClass, version: version.value, entries });
  }
  return refuse({ kind: "no-release", name });
}

/** Does not follow links: only enters what lstat(2) reports as a directory. */
function walk(tree: ExtensionTree, prefix: string): Checked<readonly CpioEntry[], ContentProblem> {
  const entries: CpioEntry[] = prefix === "" ? [] : [makeDirectory(prefix.slice(0, -1))];
  const directories = [""];
  let room = largestImage;
  for (let at = directories.pop(); at !== undefined; at = directories.pop()) {
    for (const name of tree.readDir(at)) {
      if (entries.length === mostFiles) return refuse({ kind: "too-many-files", limit: mostFiles });
      const inside = at === "" ? name : `${at}/${name}`;
      const path = `${prefix}${inside}`;
      if (name.includes("/") || !isSafePath(path)) return refuse({ kind: "unsafe-path", path });
      const file = { ...tree.status(inside), path };
      const problem = checkFile(file);
      if (problem !== undefined) return refuse(problem);
      if (isDirectory(file.mode)) {
        directories.push(inside);
        entries.push(makeDirectory(path));
        continue;
      }
      if (file.size > room) return refuse({ kind: "too-large", limit: largestImage });
      const data = tree.readBytes(inside, room);
      room -= data.length;
      entries.push({
        kind: "file",
        path,
        mode: chooseMode(file.mode, (file.mode & 0o111) !== 0),
        data,
      });
    }
  }
  // A directory sorts before its contents.
  return accept(entries.sort((a, b) => (a.path < b.path ? -1 : 1)));
}

function makeDirectory(path: string): CpioEntry {
  return { kind: "directory", path, mode: 0o755 };
}
