import { besideOf, loadedPath } from "../text/tree-paths.ts";
import type { FileReader } from "./files.ts";
import { attempt } from "./sys-error.ts";

/** Where the loader's additions to the tree at `root` ("" for /) are: in it, or next to a sealed one. */
export function findAdditions(root: string, files: FileReader): string {
  return attempt(() => files.status(`${root}/${loadedPath}`)) === undefined ? besideOf(root) : root;
}
