import { close, O_CLOEXEC, O_NOFOLLOW, O_PATH, open } from "exitrd:sys";

/**
 * Runs `use` with another path of the same file, which is short and leads through no symbolic link.
 *
 * A mount point cannot be renamed, but its parents can, by whoever owns them: to a path of more than
 * PATH_MAX, which no system call takes, or so that a link stands where a directory was. Therefore
 * each directory is opened from the one above. The last part is left to `use`: a descriptor of the
 * mount itself would keep it busy.
 */
export function withShortPath<T>(path: string, use: (path: string) => T): T {
  const parts = path.split("/").filter((part) => part !== "");
  const last = parts.pop();
  if (last === undefined) return use(path);
  let directory = open("/", O_PATH | O_CLOEXEC);
  try {
    for (const part of parts) {
      const next = open(inside(directory, part), O_PATH | O_NOFOLLOW | O_CLOEXEC);
      close(directory);
      directory = next;
    }
    return use(inside(directory, last));
  } finally {
    close(directory);
  }
}

function inside(directory: number, name: string): string {
  return `/proc/self/fd/${directory}/${name}`;
}
