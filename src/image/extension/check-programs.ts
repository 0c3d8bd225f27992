import { hooksPath, readShebang, systemShutdownPath } from "../added-program.ts";
import { parentOf } from "../check-path.ts";
import type { CpioEntry } from "../cpio-entry.ts";
import { checkElf } from "../elf.ts";
import { type EntryMap, findEntry, mapEntries } from "../find-entry.ts";
import type { ProgramProblem } from "./problem.ts";

type FileEntry = Extract<CpioEntry, { readonly kind: "file" }>;

/**
 * Checks the programs of an extension that PID 1 will run: a hook or a script that cannot start
 * would otherwise be noticed only at shutdown. `entries` are those of the whole tree, which may
 * contain a script's interpreter.
 */
export function checkPrograms(
  extension: readonly CpioEntry[],
  entries: readonly CpioEntry[],
  architecture: string,
): ProgramProblem | undefined {
  const files = extension.filter((entry) => entry.kind === "file");
  const tree = mapEntries(entries);
  for (const file of files) {
    const problem = checkProgram(file, tree, architecture);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkProgram(
  { path, mode, data }: FileEntry,
  entries: EntryMap,
  architecture: string,
): ProgramProblem | undefined {
  const directory = parentOf(path);
  if (directory !== hooksPath && directory !== systemShutdownPath) return undefined;
  const isHook = directory === hooksPath;
  if (isHook && !/\/[0-9][0-9]-[^/]+$/.test(path)) return { kind: "hook-name", path };
  if ((mode & 0o111) === 0) return { kind: "no-executable-bit", path };
  const shebang = readShebang(data);
  if (shebang === undefined) {
    const reason = checkElf(data, architecture);
    return reason === undefined ? undefined : { kind: "program", path, reason };
  }
  const { interpreter, hasCr } = shebang;
  if (hasCr) return { kind: "cr-lf", path };
  const found = interpreter.startsWith("/") ? findEntry(entries, interpreter) : undefined;
  const runs = found?.kind === "file" && readShebang(found.data) === undefined;
  return runs ? undefined : { kind: "no-interpreter", path, interpreter };
}
