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

/**
 * Whether a link at `path` stays inside its tree, wherever that is mounted: relative, and upwards
 * only at the beginning, through real directories. Nothing in an image is below a link, so a later
 * ".." would be the only way out.
 */
export function isSafeTarget(path: string, target: string): boolean {
  // The kernel truncates a longer target to a page, after which it may end in "..".
  if (target.length > longest) return false;
  const depth = path.split("/").length - 1;
  const parts = target.split("/");
  const up = parts.findIndex((part) => part !== "..");
  const rest = up < 0 ? [] : parts.slice(up);
  return (up < 0 ? parts.length : up) <= depth && (rest.length === 0 || isSafePath(rest.join("/")));
}

/** The directory part of a path; "" for a path at the top. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}
