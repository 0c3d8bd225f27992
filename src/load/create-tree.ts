import type { CpioEntry } from "../image/cpio-entry.ts";
import type { RamTree, RamTrees, TreeOption } from "../port/ram-trees.ts";
import { isSysError } from "../port/sys-error.ts";

/** The largest page of the architectures here: a file takes whole pages. */
const pageSize = 65_536;

export interface CreatedTree {
  readonly tree: RamTree;
  readonly fsType: "tmpfs" | "ramfs";
}

/**
 * Makes an empty tree with just enough room for `entries`, one that can never
 * be swapped out: swap may be on what shutdown takes apart, and a page read
 * back from it then is a dead PID 1.
 */
export function createTree(trees: RamTrees, entries: readonly CpioEntry[]): CreatedTree {
  const mode: TreeOption = { key: "mode", value: "0755" };
  try {
    const options = [...sizeOptions(entries), mode, { key: "noswap" }];
    return { tree: trees.create("tmpfs", options), fsType: "tmpfs" };
  } catch (thrown) {
    // tmpfs knows noswap from Linux 6.4 on. ramfs never swaps, but knows no limits.
    if (!isSysError(thrown) || thrown.code !== "EINVAL") throw thrown;
    return { tree: trees.create("ramfs", [mode]), fsType: "ramfs" };
  }
}

function sizeOptions(entries: readonly CpioEntry[]): TreeOption[] {
  let size = pageSize;
  for (const entry of entries) {
    if (entry.kind === "file") size += Math.ceil(entry.data.length / pageSize) * pageSize;
  }
  // One for the root directory, and some to spare.
  const inodes = entries.length + 8;
  return [
    { key: "size", value: String(size) },
    { key: "nr_inodes", value: String(inodes) },
  ];
}

/** Unpacks in order, so that what makes the tree executable comes last; then no more writing. */
export function fillTree(tree: RamTree, entries: readonly CpioEntry[]): void {
  for (const entry of entries) {
    if (entry.kind === "directory") tree.makeDirectory(entry.path, entry.mode);
    else tree.writeFile(entry.path, entry.data, entry.mode);
  }
  tree.seal();
}
