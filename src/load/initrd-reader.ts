import { parentOf } from "../image/check-path.ts";
import type { InitrdFiles } from "../image/initrd/find-in-initrd.ts";
import type { FileReader } from "../port/loader.ts";
import { toByteString } from "../text/bytes.ts";

/** Paths outside the initrd: the kernel shows the same files there as on the host. */
const kernelPlaces = /^\/(?:proc|sys)(?:\/|$)/;

/**
 * Reads files as the loader in the initrd will. A path that is not in the initrd is read from the
 * host below a name that does not exist, so that it fails in the same way.
 */
export function makeInitrdReader(
  { files: found, links }: InitrdFiles,
  host: FileReader,
): FileReader {
  const directories = new Set([...found.keys(), ...links].flatMap(listParents));
  const namesIn = (path: string) => {
    const prefix = `${path}/`;
    const below = [...found.keys(), ...links, ...directories].filter((one) =>
      one.startsWith(prefix),
    );
    return [...new Set(below.map((one) => one.slice(prefix.length).split("/")[0] ?? ""))].sort();
  };
  const absent = (path: string) => `/proc/self/nothing${path}`;
  const isHosts = (path: string) => kernelPlaces.test(path);
  const hasLink = (path: string) => [path, ...listParents(path)].some((one) => links.has(one));
  const reader: FileReader = {
    status: (path) => {
      if (isHosts(path)) return host.status(path);
      if (links.has(path)) return { kind: "other", mode: 0o777, size: 0, dev: "0:0" };
      const data = found.get(path);
      const common = { dev: "0:0" } as const;
      if (data !== undefined) return { kind: "file", mode: 0o644, size: data.length, ...common };
      if (!directories.has(path)) return undefined;
      return { kind: "directory", mode: 0o755, size: 0, ...common };
    },
    readBytes: (path, max) => {
      if (hasLink(path)) throw makeLoop(path);
      const data = isHosts(path) ? undefined : found.get(path);
      if (data !== undefined && data.length <= max) return data;
      return host.readBytes(isHosts(path) ? path : absent(path), max);
    },
    readText: (path, max) => toByteString(reader.readBytes(path, max)),
    realPath: (path) => {
      if (isHosts(path)) return host.realPath(path);
      return found.has(path) || directories.has(path) ? path : undefined;
    },
    readDir: (path) => {
      if (isHosts(path)) return host.readDir(path);
      if (hasLink(path)) throw makeLoop(path);
      return directories.has(path) ? namesIn(path) : host.readDir(absent(path));
    },
    readLink: (path) => host.readLink(isHosts(path) ? path : absent(path)),
    isExecutable: (path) => (isHosts(path) ? host.isExecutable(path) : found.has(path)),
  };
  return reader;
}

/**
 * The hook creates a link to itself for a file that it could not read, which must stop the loader.
 */
function makeLoop(path: string): Error {
  const words = "Too many levels of symbolic links";
  const fields = { name: "SysError", syscall: "open", errno: 40, code: "ELOOP", words, path };
  return Object.assign(new Error(`open '${path}': ${words}`), fields);
}

function listParents(path: string): readonly string[] {
  const parents: string[] = [];
  for (let at = parentOf(path); at !== ""; at = parentOf(at)) parents.push(at);
  return parents;
}
