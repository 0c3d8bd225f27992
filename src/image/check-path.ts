/** PATH_MAX, its NUL included. */
const longest = 4095;

/**
 * Whether an entry's path stays inside the tree it is unpacked into: relative,
 * no empty, "." or ".." part, no control characters, which would also garble
 * the line that a message shows them in.
 */
export function isSafePath(path: string): boolean {
  if (path.length === 0 || path.length > longest) return false;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return false;
  }
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** The directory that a path lies in; "" for one at the top. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}
