import type { CpioEntry } from "../image/cpio-entry.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import { keptPaths } from "../text/tree-paths.ts";

const largestKept = 64 * 1024;

/** Reads the files that must stay visible at `target`; small regular files only. */
export function readKeptFiles(target: string, files: FileReader): readonly CpioEntry[] {
  const kept: CpioEntry[] = [];
  for (const path of keptPaths) {
    const status = files.status(`${target}/${path}`);
    if (status?.kind !== "file" || status.size > largestKept) continue;
    const data = attempt(() => files.readBytes(`${target}/${path}`, largestKept));
    if (data !== undefined) kept.push({ kind: "file", path, mode: 0o444, data });
  }
  return kept;
}
