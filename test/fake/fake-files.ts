import { failCall } from "./fail-call.ts";

export type Node =
  | { readonly kind: "directory"; readonly mode: number; readonly dev: string }
  | {
      readonly kind: "file";
      readonly mode: number;
      readonly dev: string;
      readonly data: Uint8Array;
    }
  | {
      readonly kind: "link";
      readonly mode: number;
      readonly dev: string;
      readonly target: string;
    }
  | { readonly kind: "other"; readonly mode: number; readonly dev: string };

/** A mounted file system, with absolute paths; of several, the last one is on top. */
export interface Layer {
  readonly target: string;
  readonly nodes: Map<string, Node>;
  readonly isSealed: () => boolean;
}

interface Found {
  /** A path without links. */
  readonly path: string;
  readonly node: Node | undefined;
}

// include/linux/namei.h, MAXSYMLINKS
const MAX_LINKS = 40;

/** The layer that contains a path without links. */
export function findLayer(path: string, layers: readonly Layer[]): Layer | undefined {
  return layers.findLast(({ target }) => path === target || path.startsWith(slashed(target)));
}

/**
 * Walks a path like the kernel. Throws errors of `syscall` if a component is missing, is not a
 * directory, or there are too many links. The last component need not exist.
 */
export function walk(
  start: string,
  layers: readonly Layer[],
  syscall: string,
  followsLast: boolean,
): Found {
  const fail = (code: string): never => failCall(syscall, code, start);
  const left = start.split("/").reverse();
  let at = "/";
  let links = 0;
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    if (part === "" || part === ".") continue;
    const isLast = left.every((one) => one === "");
    const next = part === ".." ? parentOf(at) : `${slashed(at)}${part}`;
    const node = findLayer(next, layers)?.nodes.get(next);
    if (node?.kind === "link" && (!isLast || followsLast)) {
      links += 1;
      if (links > MAX_LINKS) fail("ELOOP");
      left.push(...node.target.split("/").reverse());
      if (node.target.startsWith("/")) at = "/";
      continue;
    }
    if (!isLast && node === undefined) fail("ENOENT");
    if (!isLast && node?.kind !== "directory") fail("ENOTDIR");
    at = next;
  }
  return { path: at, node: findLayer(at, layers)?.nodes.get(at) };
}

/** Like `walk`, but the last component must exist. */
export function walkToNode(
  start: string,
  layers: readonly Layer[],
  syscall: string,
): { readonly path: string; readonly node: Node } {
  const { path, node } = walk(start, layers, syscall, true);
  if (node === undefined) failCall(syscall, "ENOENT", start);
  return { path, node };
}

/** The layer in which something is created or removed, which must be writable. */
export function openForChange(path: string, layers: readonly Layer[], syscall: string): Layer {
  const layer = findLayer(path, layers);
  if (layer === undefined || layer.isSealed()) return failCall(syscall, "EROFS", path);
  return layer;
}

/** Sorted by bytes, which is the order of byte strings. */
export function listNames(path: string, { nodes }: Layer): readonly string[] {
  const prefix = slashed(path);
  const below = [...nodes.keys()].filter((one) => one.startsWith(prefix) && one !== prefix);
  return below
    .map((one) => one.slice(prefix.length))
    .filter((name) => !name.includes("/"))
    .sort();
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function slashed(path: string): string {
  return path === "/" ? path : `${path}/`;
}
