import { besideOf, loadedPath } from "../core/tree-paths.ts";
import type { FileReader } from "./files.ts";
import { attempt } from "./sys-error.ts";

/** Where what the loader added to the tree at `root` ("" for /) lies: in it, or beside a sealed one. */
export function findAdditions(root: string, files: FileReader): string {
  return attempt(() => files.status(`${root}/${loadedPath}`)) === undefined ? besideOf(root) : root;
}
