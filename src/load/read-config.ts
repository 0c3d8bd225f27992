import type { FileReader } from "../port/files.ts";
import { attempt } from "../port/sys-error.ts";
import { trySys } from "../port/sys-failure.ts";
import {
  type Config,
  type ConfigFile,
  type ConfigNote,
  parseConfig,
} from "../teardown/settings/parse-config.ts";
import { toByteString } from "../text/bytes.ts";
import { LONGEST_CONFIG } from "../text/config-text.ts";

const mainFile = "/etc/exitrd.conf";

/** A file in an earlier directory overrides those of the same name in later ones. */
const dropInDirectories = [
  "/etc/exitrd.conf.d",
  "/run/exitrd.conf.d",
  "/usr/local/lib/exitrd.conf.d",
  "/usr/lib/exitrd.conf.d",
];

/**
 * Reads the host's configuration as systemd reads its own: the main file, then all drop-ins in the
 * order of their names. An empty file, or a link to /dev/null, masks files of the same name in
 * later directories.
 */
export function readConfig(files: FileReader): Config {
  const isThere = files.status(mainFile) !== undefined;
  const paths = [...(isThere ? [mainFile] : []), ...listDropIns(files)];
  const unreadable: ConfigNote[] = [];
  const texts: ConfigFile[] = [];
  for (const path of paths) {
    const bytes = trySys(() => files.readBytes(path, LONGEST_CONFIG));
    if (bytes.ok) texts.push({ path, text: toByteString(bytes.value) });
    else
      unreadable.push({
        path,
        line: 0,
        problem: { kind: "unreadable", reason: bytes.problem.words },
      });
  }
  const { settings, notes } = parseConfig(texts);
  return { settings, notes: [...unreadable, ...notes] };
}

function listDropIns(files: FileReader): readonly string[] {
  const found = new Map<string, string>();
  for (const directory of dropInDirectories) {
    for (const name of attempt(() => files.readDir(directory)) ?? []) {
      const isMeant = name.endsWith(".conf") && !name.startsWith(".");
      if (isMeant && !found.has(name)) found.set(name, `${directory}/${name}`);
    }
  }
  return [...found.keys()].sort().map((name) => found.get(name) ?? "");
}
