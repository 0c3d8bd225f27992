import { parentOf } from "../image/check-path.ts";
import type { CpioEntry } from "../image/cpio-entry.ts";
import type { AcceptedExtension, LoadedExtension } from "../image/extension/record.ts";
import { isManifestFile, type ManifestEntry } from "../image/manifest.ts";
import type { FileReader } from "../port/loader.ts";
import { stubDirectory } from "./list-extensions.ts";
import type { Occupant } from "./look-at-target.ts";

/**
 * Reads the extensions that systemd-stub passed to the initrd back from the loaded tree. The files
 * themselves vanish with the initrd: without this, a reload would drop extensions that the initrd
 * has verified.
 */
export function keepStubExtensions(
  target: string,
  occupant: Occupant,
  files: FileReader,
): readonly AcceptedExtension[] {
  if (occupant.kind !== "ours" || !occupant.intact) return [];
  const loaded = occupant.extensions?.loaded ?? [];
  // What is there is read anew. The directory alone proves nothing: it may be one of the root's disk.
  return loaded
    .filter(({ path }) => path.startsWith(`${stubDirectory}/`) && files.status(path) === undefined)
    .map((extension) => readAgain(target, extension, files));
}

function readAgain(
  target: string,
  { path, signer, entries, ...identity }: LoadedExtension,
  files: FileReader,
): AcceptedExtension {
  const read = (entry: ManifestEntry): CpioEntry => {
    const mode = Number.parseInt(entry.mode, 8);
    if (!isManifestFile(entry)) return { kind: "directory", path: entry.path, mode };
    const data = files.readBytes(`${target}/${entry.path}`, entry.size);
    return { kind: "file", path: entry.path, mode, data };
  };
  return { path, signer, extension: { ...identity, entries: addParents(entries.map(read)) } };
}

/** Directories that an earlier extension created are not listed again. */
function addParents(entries: readonly CpioEntry[]): readonly CpioEntry[] {
  const byPath = new Map<string, CpioEntry>();
  for (const entry of entries) {
    for (let path = parentOf(entry.path); path !== ""; path = parentOf(path)) {
      byPath.set(path, { kind: "directory", path, mode: 0o755 });
    }
    byPath.set(entry.path, entry);
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
