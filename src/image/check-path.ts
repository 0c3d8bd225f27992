/** PATH_MAX, including the NUL. */
const longest = 4095;

/**
 * Whether an entry's path stays inside the tree that it is unpacked into: relative, without empty,
 * "." or ".." components, and without control characters, which would also garble messages.
 */
export function isSafePath(path: string): boolean {
  if (path.length === 0 || path.length > longest) return false;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return false;
  }
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** The directory part of a path; "" for a path at the top. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}
