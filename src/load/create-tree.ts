import type { CpioEntry } from "../image/cpio-entry.ts";
import type { RamTree, RamTrees, TreeOption } from "../port/loader.ts";
import { isSysError } from "../port/sys-error.ts";

/** The largest page size of the supported architectures: a file occupies whole pages. */
const pageSize = 65_536;

export interface CreatedTree {
  readonly tree: RamTree;
  readonly fsType: "tmpfs" | "ramfs";
}

/**
 * Creates an empty tree with just enough space for `entries`. It must never be swapped out: the
 * swap device may be one that shutdown releases, and PID 1 would die of the next page fault.
 */
export function createTree(trees: RamTrees, entries: readonly CpioEntry[]): CreatedTree {
  const mode: TreeOption = { key: "mode", value: "0755" };
  try {
    const options = [...sizeOptions(entries), mode, { key: "noswap" }];
    return { tree: trees.create("tmpfs", options), fsType: "tmpfs" };
  } catch (thrown) {
    // tmpfs has noswap since Linux 6.4. ramfs is never swapped, but has no size limit.
    if (!isSysError(thrown) || thrown.code !== "EINVAL") throw thrown;
    return { tree: trees.create("ramfs", [mode]), fsType: "ramfs" };
  }
}

function sizeOptions(entries: readonly CpioEntry[]): TreeOption[] {
  let size = pageSize;
  for (const entry of entries) {
    // The target of a link may occupy a page, too.
    if (entry.kind === "link") size += pageSize;
    if (entry.kind === "file") size += Math.ceil(entry.data.length / pageSize) * pageSize;
  }
  // Since Linux 6.6, security attributes count as well: SELinux's label of each file takes about 85
  // of the 1024 bytes that an inode stands for. One for the root directory, and a reserve.
  const inodes = 2 * entries.length + 8;
  return [
    { key: "size", value: String(size) },
    { key: "nr_inodes", value: String(inodes) },
  ];
}

function addEntry(tree: RamTree, entry: CpioEntry): void {
  switch (entry.kind) {
    case "directory":
      return tree.makeDirectory(entry.path, entry.mode);
    case "link":
      return tree.makeLink(entry.path, entry.target);
    case "file":
      return tree.writeFile(entry.path, entry.data, entry.mode);
  }
}

/** Unpacks in order, so that the tree becomes executable last, and then makes it read-only. */
export function fillTree(tree: RamTree, entries: readonly CpioEntry[]): void {
  for (const entry of entries) {
    addEntry(tree, entry);
  }
  tree.seal();
}
