import { sysError } from "./sys-error.ts";

/**
 * Files of configfs and similar file systems: path → text, "-> TARGET" for a link. Directories
 * exist if they contain another path.
 */
export type FileTexts = ReadonlyMap<string, string>;

const LINK = "-> ";

export function readTreeText(path: string, files: FileTexts): string | undefined {
  const text = files.get(path);
  return text?.startsWith(LINK) === true ? undefined : text;
}

export function readTreeLink(path: string, files: FileTexts): string | undefined {
  const text = files.get(path);
  return text?.startsWith(LINK) === true ? text.slice(LINK.length) : undefined;
}

export function listTreeDir(dir: string, files: FileTexts): readonly string[] | undefined {
  const below = [...files.keys()].filter((path) => path.startsWith(`${dir}/`));
  if (below.length === 0) return undefined;
  return [...new Set(below.map((path) => path.slice(dir.length + 1).split("/")[0] ?? ""))].sort();
}

/** Applies the effect of a write. */
export function writeTreeText(path: string, text: string, files: FileTexts): FileTexts {
  const changed = new Map(files).set(path, text.trim());
  if (path === "/proc/fs/nfsd/threads") changed.set("/proc/fs/nfsd/exports", "# Version 1.1");
  if (path.endsWith("/kill_server")) changed.set("/sys/class/ksmbd-control/stats", "2 startup 1 0");
  return changed;
}

export function removeTreeDir(dir: string, files: FileTexts): FileTexts {
  const isLinked = [...files.values()].some((text) => text.startsWith(LINK) && text.endsWith(dir));
  if (isLinked) throw sysError("rmdir", "EBUSY");
  return new Map([...files].filter(([path]) => !path.startsWith(`${dir}/`)));
}

/** The devices, by number, and the files that the kernel has open for clients. */
export function listServed(files: FileTexts): readonly string[] {
  return [...files].flatMap(([path, text]) => {
    const dir = path.slice(0, path.lastIndexOf("/"));
    if (path.endsWith("/device_path")) return files.get(`${dir}/enable`) === "1" ? [text] : [];
    if (path.endsWith("/lun.0/file")) return [text];
    if (path === "/proc/fs/nfsd/exports") return text.split("\n").slice(1);
    if (!path.endsWith("/info")) return [];
    const [, major, minor] = /Major: ([0-9]+) Minor: ([0-9]+)/.exec(text) ?? [];
    return [`${major}:${minor}`, /File: (.*) {2}Size/.exec(text)?.[1] ?? ""];
  });
}
