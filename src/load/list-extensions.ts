import { nameExtension } from "../image/extension/extension.ts";
import type { FileReader } from "../port/files.ts";
import { attempt } from "../port/sys-error.ts";

/** An extension that a loader finds. */
export interface FoundExtension {
  readonly path: string;
  /** Whether systemd-stub brought it from the ESP, which anybody with the disk can write. */
  readonly isFromStub: boolean;
}

/** Of several with one name, the first directory's counts. */
const ownDirectories = ["/etc/exitrd/extensions", "/usr/lib/exitrd/extensions"];
export const stubDirectory = "/.extra";
/** systemd-stub(7): for one kernel image, and for all. */
const stubDirectories = ["sysext", "global_sysext", "confext", "global_confext"].map(
  (name) => `${stubDirectory}/${name}`,
);

/**
 * Lists the extensions of this machine in the order of their names: `*.raw`
 * and directories. An empty file, or a link to /dev/null, hides those of its
 * name further down.
 */
export function listExtensions(files: FileReader): readonly FoundExtension[] {
  const found = new Map<string, FoundExtension>();
  for (const directory of [...ownDirectories, ...stubDirectories]) {
    for (const name of attempt(() => files.readDir(directory)) ?? []) {
      const path = `${directory}/${name}`;
      const isMeant = name.endsWith(".raw") || files.status(path)?.kind === "directory";
      const key = nameExtension(name) ?? name;
      if (!isMeant || name.startsWith(".") || found.has(key)) continue;
      found.set(key, { path, isFromStub: directory.startsWith(`${stubDirectory}/`) });
    }
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, extension]) => (isMask(extension.path, files) ? [] : [extension]));
}

/** readBytes fails where there is more than nothing, or a directory. */
function isMask(path: string, files: FileReader): boolean {
  return attempt(() => files.readBytes(path, 0)) !== undefined;
}
