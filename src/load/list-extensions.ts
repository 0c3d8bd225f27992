import { nameExtension } from "../image/extension/extension.ts";
import { largestImage } from "../image/manifest.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";

/** An extension that a loader finds. */
export interface FoundExtension {
  readonly path: string;
  /** Whether systemd-stub read it from the ESP, which anybody with access to the disk can write. */
  readonly isFromStub: boolean;
}

/** An extension in an earlier directory overrides those of the same name in later ones. */
const ownDirectories = ["/etc/exitrd/extensions", "/usr/lib/exitrd/extensions"];
export const stubDirectory = "/.extra";
/** systemd-stub(7): for one kernel image, and for all. */
const stubDirectories = ["sysext", "global_sysext", "confext", "global_confext"].map(
  (name) => `${stubDirectory}/${name}`,
);

/** Reading them delays the boot, and anybody with access to the disk can add some to the ESP. */
const mostExtensions = 64;
/** The total size of the files that are read, in bytes. */
const mostRead = 256 * 1024 * 1024;

export interface ListedExtensions {
  /** In the order of their names. */
  readonly found: readonly FoundExtension[];
  /** Extensions beyond the limits; they are not read. */
  readonly left: readonly FoundExtension[];
  /** The names of all these and of masks. */
  readonly names: ReadonlySet<string>;
}

/**
 * Lists the extensions of this machine: `*.raw` and directories. An empty file, or a link to
 * /dev/null, masks those of the same name in later directories.
 */
export function listExtensions(files: FileReader): ListedExtensions {
  const found: [name: string, FoundExtension][] = [];
  const left: FoundExtension[] = [];
  let room = mostRead;
  const byName = findByName(files);
  for (const [name, extension] of byName) {
    if (isMask(extension.path, files)) continue;
    const size = attempt(() => files.status(extension.path))?.size ?? 0;
    // A file that is too large by itself is rejected with that reason.
    const cost = size > largestImage ? 0 : size;
    if (found.length === mostExtensions || cost > room) left.push(extension);
    else {
      room -= cost;
      found.push([name, extension]);
    }
  }
  found.sort(([a], [b]) => (a < b ? -1 : 1));
  return { found: found.map(([, extension]) => extension), left, names: new Set(byName.keys()) };
}

/** In the order of the directories, so that an extension on the ESP never displaces a local one. */
function findByName(files: FileReader): ReadonlyMap<string, FoundExtension> {
  const found = new Map<string, FoundExtension>();
  for (const directory of [...ownDirectories, ...stubDirectories]) {
    for (const name of attempt(() => files.readDir(directory)) ?? []) {
      const path = `${directory}/${name}`;
      const isMeant =
        name.endsWith(".raw") || attempt(() => files.status(path))?.kind === "directory";
      const key = nameExtension(name) ?? name;
      if (!isMeant || name.startsWith(".") || found.has(key)) continue;
      found.set(key, { path, isFromStub: directory.startsWith(`${stubDirectory}/`) });
    }
  }
  return found;
}

/** readBytes fails for a file that is not empty, and for a directory. */
function isMask(path: string, files: FileReader): boolean {
  return attempt(() => files.readBytes(path, 0)) !== undefined;
}
