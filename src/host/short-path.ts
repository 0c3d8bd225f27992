import { close, O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH, open, readlink } from "exitrd:sys";
import { attempt } from "../port/sys-error.ts";

/** linux/limits.h, including the final NUL. The path of a mount may be longer. */
export const PATH_MAX = 4096;

/**
 * Runs `use` with another path of the same file that is short and contains no symbolic link.
 *
 * A mount point cannot be renamed, but its parent directories can, by their owners: the path may
 * become longer than PATH_MAX, which no system call accepts, or a directory may be replaced by a
 * symbolic link. Therefore each directory is opened relative to the one above. The last component
 * is left to `use`: a descriptor of the mount itself would keep it busy.
 */
export function withShortPath<T>(path: string, use: (path: string) => T): T {
  const parts = path.split("/").filter((part) => part !== "");
  const last = parts.pop();
  if (last === undefined) return use(path);
  let directory = open("/", O_PATH | O_CLOEXEC);
  try {
    for (const part of parts) {
      const next = open(inside(directory, part), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      close(directory);
      directory = next;
    }
    return use(inside(directory, last));
  } finally {
    close(directory);
  }
}

/** Whether a path is already short and without symbolic links. Does not ask any server. */
export function isShortPath(path: string): boolean {
  if (path.length >= PATH_MAX) return false;
  const parentOf = (name: string): string => name.slice(0, name.lastIndexOf("/"));
  const parent = attempt(() => withShortPath(path, (short) => readlink(parentOf(short))));
  return parent !== undefined && parent === (parentOf(path) || "/");
}

function inside(directory: number, name: string): string {
  return `/proc/self/fd/${directory}/${name}`;
}
