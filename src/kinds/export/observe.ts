import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import { parseExport } from "./protocol.ts";
import { type Export, type ExportProtocol, PLACES } from "./state.ts";

const NONE = ["ENOENT", "ENOTDIR"];

/**
 * What is exported by a protocol, sorted by name. May block: configfs locks a directory while
 * something in it is removed. Throws a `SysError` where it cannot be known.
 */
export function listExports(protocol: ExportProtocol, reader: Reader): readonly Export[] {
  return findPlaces(PLACES[protocol], reader).flatMap((name): Export[] => {
    // Only the newline goes: a file name may end in blanks.
    const read = (file: string): string =>
      attempt(() => reader.readText(`${name}/${file}`), NONE)?.slice(0, -1) ?? "";
    const found = parseExport(protocol, read);
    if (found === undefined) return [];
    const [path = ""] = found.paths;
    // As udev may have linked it. Elsewhere looking it up may ask a server, and it is rarely a device.
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

/** The paths that match, some of which may not exist. */
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
 * The links to a backstore of LIO from the ports that show it, by their fabric. None to what
 * another protocol exports.
 */
export function findLinks(store: string, fabric: string, reader: Reader): readonly string[] {
  const [target, name] = store.split("/core/");
  return findPlaces(`${target}/${fabric}/*/*/lun/*/*`, reader).filter(
    // The other files there are not links.
    (path) => attempt(() => reader.readLink(path))?.endsWith(`/core/${name}`),
  );
}
