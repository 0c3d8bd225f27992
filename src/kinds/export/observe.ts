import type { Inquiry } from "../../observe/inquiry.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import { parseExport } from "./protocol.ts";
import { EXPORT_PROTOCOLS, type Export, type ExportProtocol, PLACES } from "./state.ts";

const NONE = ["ENOENT", "ENOTDIR"];

export const exportInquiry: Inquiry<ExportProtocol, { readonly exports: readonly Export[] }> = {
  listQuestions: () => EXPORT_PROTOCOLS,
  ask: (protocol, { reader }) => ({
    exports: attempt(() => listExports(protocol, reader)) ?? [],
  }),
  // If a protocol does not answer and something stays busy, its module is reported.
  addReplies(snapshot, replies) {
    const exports = replies.flatMap(({ answer }) => answer?.exports ?? []);
    return exports.length === 0 ? snapshot : { ...snapshot, exports };
  },
};

/**
 * Lists what a protocol exports, sorted by name. May block: configfs locks a directory while
 * something in it is removed. Throws a `SysError` if a directory cannot be read.
 */
export function listExports(protocol: ExportProtocol, reader: Reader): readonly Export[] {
  return findPlaces(PLACES[protocol], reader).flatMap((name): Export[] => {
    // Only the newline is removed: a file name may end in blanks.
    const read = (file: string): string =>
      attempt(() => reader.readText(`${name}/${file}`), NONE)?.slice(0, -1) ?? "";
    const found = parseExport(protocol, read);
    if (found === undefined) return [];
    const [path = ""] = found.paths;
    // A link by udev. Paths elsewhere are rarely devices, and to look them up may ask a server.
    const dev = path.startsWith("/dev/") ? attempt(() => reader.stat(path))?.rdev : undefined;
    return [
      {
        protocol,
        name,
        ...found,
        ...(dev === undefined ? {} : { dev }),
        ...(findLinks(name, "loopback", reader).length === 0 ? {} : { looped: true }),
      },
    ];
  });
}

/** Lists the paths that match; some of them may not exist. */
function findPlaces(pattern: string, reader: Reader): readonly string[] {
  const [first = "", ...others] = pattern.split("/*");
  let found = [first];
  for (const rest of others) {
    found = found.flatMap((dir) =>
      (attempt(() => reader.readDir(dir), NONE) ?? []).map((name) => `${dir}/${name}${rest}`),
    );
  }
  return found;
}

/**
 * Lists the links to a backstore of LIO from the ports of a fabric that export it. Empty for other
 * protocols.
 */
export function findLinks(store: string, fabric: string, reader: Reader): readonly string[] {
  const [target, name] = store.split("/core/");
  return findPlaces(`${target}/${fabric}/*/*/lun/*/*`, reader).filter(
    // The other files there are not links.
    (path) => attempt(() => reader.readLink(path))?.endsWith(`/core/${name}`),
  );
}
