import type { CpioEntry } from "../image/cpio-entry.ts";
import { largestImage } from "../image/manifest.ts";
import { besideOf, loadedPath } from "../text/tree-paths.ts";
import type { FileReader } from "./loader.ts";
import { attempt } from "./sys-error.ts";

/**
 * Reads one path of a tree as an entry of an image, to be compared with a manifest; undefined if
 * there is no such file, directory or link, or it cannot be read.
 */
export function readEntry(root: string, path: string, files: FileReader): CpioEntry | undefined {
  const status = attempt(() => files.status(`${root}/${path}`));
  if (status === undefined) return undefined;
  const { kind, mode } = status;
  if (kind === "other") {
    const target = attempt(() => files.readLink(`${root}/${path}`));
    return target === undefined ? undefined : { kind: "link", path, mode: mode & 0o777, target };
  }
  if (kind === "directory") return { kind, path, mode };
  const data = attempt(() => files.readBytes(`${root}/${path}`, largestImage));
  return data && { kind, path, mode, data };
}

/**
 * The directory of the loader's additions to the tree at `root` ("" for /): inside it, or next to
 * it for a sealed tree.
 */
export function findAdditions(root: string, files: FileReader): string {
  return attempt(() => files.status(`${root}/${loadedPath}`)) === undefined ? besideOf(root) : root;
}
