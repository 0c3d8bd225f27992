import type { FileReader } from "../port/loader.ts";
import { attempt, type SysFailure, trySys } from "../port/sys-error.ts";
import { assumeStrictest } from "../teardown/settings/assign-setting.ts";
import {
  type Config,
  type ConfigFile,
  type ConfigNote,
  parseConfig,
} from "../teardown/settings/parse-config.ts";
import { toByteString } from "../text/bytes.ts";
import { LONGEST_CONFIG } from "../text/config-text.ts";
import { listDirectory } from "./list-directory.ts";

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
 * later directories. A file or directory that cannot be read may have contained any setting, so the
 * strictest value is used.
 */
export function readConfig(files: FileReader): Config {
  const listed = dropInDirectories.map((path) => ({ path, names: listDirectory(path, files) }));
  const unreadable = listed.flatMap(({ path, names }) =>
    names.ok ? [] : [noteUnreadable(path, names.problem)],
  );
  const dropIns = findDropIns(listed.map(({ path, names }) => [path, names.ok ? names.value : []]));
  const main = trySys(() => files.status(mainFile));
  const isThere = !main.ok || main.value !== undefined;
  const texts: ConfigFile[] = [];
  for (const path of [...(isThere ? [mainFile] : []), ...dropIns]) {
    const bytes = trySys(() => files.readBytes(path, LONGEST_CONFIG));
    if (bytes.ok) texts.push({ path, text: toByteString(bytes.value) });
    else unreadable.push(noteUnreadable(path, bytes.problem));
  }
  const { settings, origins, notes } = parseConfig(texts);
  return {
    settings: unreadable.length === 0 ? settings : assumeStrictest(settings),
    origins,
    notes: [...unreadable, ...notes, ...findMisplaced(files)],
  };
}

/** Drop-ins next to build.conf and trusted.d in /etc/exitrd, where they have no effect. */
function findMisplaced(files: FileReader): readonly ConfigNote[] {
  const pairs = [
    ["/etc/exitrd/exitrd.conf", mainFile],
    ["/etc/exitrd/exitrd.conf.d", "/etc/exitrd.conf.d"],
  ] as const;
  return pairs.flatMap(([path, meant]) => {
    const isThere = attempt(() => files.status(path)) !== undefined;
    return isThere ? [{ path, line: 0, problem: { kind: "misplaced", meant } }] : [];
  });
}

function noteUnreadable(path: string, { words }: SysFailure): ConfigNote {
  return { path, line: 0, problem: { kind: "unreadable", reason: words } };
}

function findDropIns(
  listed: readonly (readonly [directory: string, names: readonly string[]])[],
): readonly string[] {
  const found = new Map<string, string>();
  for (const [directory, names] of listed) {
    for (const name of names) {
      const isMeant = name.endsWith(".conf") && !name.startsWith(".");
      if (isMeant && !found.has(name)) found.set(name, `${directory}/${name}`);
    }
  }
  return [...found.keys()].sort().map((name) => found.get(name) ?? "");
}
