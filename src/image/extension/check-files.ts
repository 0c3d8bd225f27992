import { isImagePath, isLoaderPath } from "../../text/tree-paths.ts";
import { isSafePath } from "../check-path.ts";
import { type CpioEntry, directoryType, fileType, typeMask } from "../cpio-entry.ts";
import { classRules, type ExtensionClass } from "./extension.ts";
import type { FileProblem, RefusedType } from "./problem.ts";

/** What lstat(2) returns for one entry. */
export interface FoundFile {
  /** From the top of the extension. */
  readonly path: string;
  /** With the type bits of inode(7). */
  readonly mode: number;
  readonly links: number;
  readonly size: number;
  /** Whether it has file capabilities (capabilities(7)). */
  readonly hasCapabilities: boolean;
}

// systemd rejects these two as well: they would replace the image's own files.
const osReleases = ["etc/os-release", "usr/lib/os-release"];

const setIdOrSticky = 0o7000;

const types: ReadonlyMap<number, RefusedType> = new Map([
  [0o120000, "link"],
  [0o010000, "fifo"],
  [0o140000, "socket"],
]);

/**
 * Checks that an entry is a regular file or a directory, without hard links, without special
 * permissions, and not a file of the image or the loader.
 */
export function checkFile(file: FoundFile): FileProblem | undefined {
  const { path } = file;
  if (!isSafePath(path)) return { kind: "unsafe-path", path };
  const type = findRefusedType(file);
  if (type !== undefined) return { kind: "bad-type", path, type };
  const isReserved = isImagePath(path) || isLoaderPath(path) || osReleases.includes(path);
  return isReserved ? { kind: "reserved", path } : undefined;
}

/** Checks that all entries are below directories that extensions of the class may extend. */
export function checkRoots(
  entries: readonly CpioEntry[],
  extensionClass: ExtensionClass,
): FileProblem | undefined {
  const { roots } = classRules[extensionClass];
  const outside = entries.find(({ kind, path }) => {
    const [top = ""] = path.split("/");
    return !roots.includes(top) || (path === top && kind !== "directory");
  });
  return outside && { kind: "outside", path: outside.path, roots };
}

export function isDirectory(mode: number): boolean {
  return (mode & typeMask) === directoryType;
}

function findRefusedType({ mode, links, hasCapabilities }: FoundFile): RefusedType | undefined {
  const type = mode & typeMask;
  if (type !== directoryType && type !== fileType) return types.get(type) ?? "device";
  if ((mode & setIdOrSticky) !== 0) return "set-id";
  if (type === fileType && links > 1) return "hard-link";
  return hasCapabilities ? "capability" : undefined;
}
