import type { TreeOption } from "../../src/port/loader.ts";
import { failCall } from "./fail-call.ts";
import { type Node, parentOf } from "./fake-files.ts";

const PAGE = 4096;
/** mm/shmem.c, BOGO_INODE_SIZE */
const INODE = 1024;
const OPTIONS: readonly string[] = ["size", "nr_inodes", "mode", "noswap"];

/** A tmpfs in memory. Paths begin with "/", its root. */
export interface FakeTree {
  readonly nodes: Map<string, Node>;
  readonly isSealed: () => boolean;
  makeDirectory(path: string, mode: number): void;
  writeFile(path: string, data: Uint8Array, mode: number): void;
  makeLink(path: string, target: string): void;
  seal(): void;
}

/**
 * Throws EINVAL for options that tmpfs does not know, as `fsconfig` does. `labelSize` is the size of
 * a security attribute that each file gets, in bytes.
 */
export function makeFakeTree(
  options: readonly TreeOption[],
  dev: string,
  labelSize: number,
): FakeTree {
  const pages = readLimit("size", options) / PAGE;
  const inodes = readLimit("nr_inodes", options);
  for (const { key } of options) if (!OPTIONS.includes(key)) failCall("fsconfig", "EINVAL");
  const nodes = new Map<string, Node>([["/", { kind: "directory", mode: 0o755, dev }]]);
  let isSealed = false;
  let usedPages = 0;
  const add = (syscall: string, path: string, node: Node): void => {
    const parent = nodes.get(parentOf(path));
    if (parent === undefined) failCall(syscall, hasFileAbove(path) ? "ENOTDIR" : "ENOENT", path);
    if (parent.kind !== "directory") failCall(syscall, "ENOTDIR", path);
    if (nodes.has(path)) failCall(syscall, "EEXIST", path);
    if (isSealed) failCall(syscall, "EROFS", path);
    const used = (nodes.size + 1) * INODE + nodes.size * labelSize;
    if (used > inodes * INODE) failCall(syscall, "ENOSPC", path);
    nodes.set(path, node);
  };
  const hasFileAbove = (path: string): boolean => {
    for (let at = parentOf(path); at !== "/"; at = parentOf(at)) {
      if (nodes.get(at)?.kind === "file") return true;
    }
    return false;
  };
  return {
    nodes,
    isSealed: () => isSealed,
    makeDirectory: (path, mode) => add("mkdir", path, { kind: "directory", mode, dev }),
    makeLink: (path, target) => add("symlink", path, { kind: "link", mode: 0o777, dev, target }),
    writeFile: (path, data, mode) => {
      add("open", path, { kind: "file", mode, dev, data });
      const wanted = Math.ceil(data.length / PAGE);
      if (usedPages + wanted > pages) {
        // Data that fits is written and kept.
        usedPages = pages;
        failCall("write", "ENOSPC", path);
      }
      usedPages += wanted;
    },
    seal: () => {
      isSealed = true;
    },
  };
}

function readLimit(key: string, options: readonly TreeOption[]): number {
  const option = options.find((one) => one.key === key);
  if (option === undefined) return Number.POSITIVE_INFINITY;
  const limit = Number(option.value);
  return Number.isInteger(limit) ? limit : failCall("fsconfig", "EINVAL");
}
