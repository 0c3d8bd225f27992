import { matchesGlob, parseLdSoConf } from "../image/elf/ld-so-conf.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";

const largestConf = 64 * 1024;
const deepestInclude = 4;

/**
 * The directories of ld.so.conf, in order. ld.so.cache is generated from it, but its format differs
 * by architecture and release.
 */
export function readLdSoConf(files: FileReader): readonly string[] {
  return [...new Set(readOne("/etc/ld.so.conf", files, 0))];
}

function readOne(path: string, files: FileReader, depth: number): readonly string[] {
  const text = attempt(() => files.readText(path, largestConf));
  if (text === undefined || depth > deepestInclude) return [];
  return parseLdSoConf(text).flatMap((line) => {
    if (line.kind === "directory") return [line.path];
    const included = listIncluded(line.pattern, files);
    return included.flatMap((file) => readOne(file, files, depth + 1));
  });
}

/** Relative patterns are relative to /etc, where the file is. */
function listIncluded(pattern: string, files: FileReader): readonly string[] {
  const absolute = pattern.startsWith("/") ? pattern : `/etc/${pattern}`;
  const slash = absolute.lastIndexOf("/");
  const directory = absolute.slice(0, slash) || "/";
  const names = attempt(() => files.readDir(directory)) ?? [];
  const found = names.filter((name) => matchesGlob(name, absolute.slice(slash + 1)));
  return found.map((name) => `${directory}/${name}`);
}
