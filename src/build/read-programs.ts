import {
  type AddedProgram,
  type ProgramRole,
  placeProgram,
  readInterpreter,
} from "../core/image/added-program.ts";
import { isSafePath } from "../core/image/check-path.ts";
import { checkElf } from "../core/image/elf.ts";
import { accept, type Checked, type ElfProblem, refuse } from "../core/image/problem.ts";
import type { FileReader } from "../port/files.ts";
import { type SysFailure, trySys } from "../port/sys-failure.ts";

/** A file of the host that is to run in the image. */
export interface ProgramFile {
  readonly role: ProgramRole;
  readonly file: string;
}

export type ProgramProblem =
  | { readonly kind: "unreadable"; readonly path: string; readonly error: SysFailure }
  | { readonly kind: "elf"; readonly path: string; readonly reason: ElfProblem["reason"] }
  | { readonly kind: "bad-name"; readonly path: string; readonly role: ProgramRole }
  | { readonly kind: "same-name"; readonly path: string }
  | { readonly kind: "no-executable-bit"; readonly path: string }
  | { readonly kind: "no-interpreter"; readonly path: string; readonly interpreter: string };

export const largestProgram = 64 * 1024 * 1024;

/**
 * Reads what is to be added to an image, and refuses what could not run in
 * there: a program that wants a loader or libraries, a script whose interpreter
 * is not added too.
 */
export function readPrograms(
  wanted: readonly ProgramFile[],
  architecture: string,
  files: FileReader,
): Checked<readonly AddedProgram[], ProgramProblem> {
  const programs: AddedProgram[] = [];
  for (const { role, file } of wanted) {
    const path = placeProgram(role, file.slice(file.lastIndexOf("/") + 1));
    if (path === undefined || !isSafePath(path)) {
      return refuse({ kind: "bad-name", path: file, role });
    }
    if (programs.some((program) => program.path === path)) {
      return refuse({ kind: "same-name", path: file });
    }
    const data = trySys(() => files.readBytes(file, largestProgram));
    if (!data.ok) return refuse({ kind: "unreadable", path: file, error: data.problem });
    // By its bits: it may lie where nothing can be executed (noexec), and will not run there.
    if (((files.status(file)?.mode ?? 0) & 0o111) === 0) {
      return refuse({ kind: "no-executable-bit", path: file });
    }
    programs.push({ path, data: data.value });
  }
  for (const [index, program] of programs.entries()) {
    const problem = checkProgram(program, wanted[index]?.file ?? "", architecture, programs);
    if (problem !== undefined) return refuse(problem);
  }
  return accept(programs);
}

function checkProgram(
  { data }: AddedProgram,
  file: string,
  architecture: string,
  programs: readonly AddedProgram[],
): ProgramProblem | undefined {
  const interpreter = readInterpreter(data);
  if (interpreter === undefined) {
    const reason = checkElf(data, architecture);
    return reason === undefined ? undefined : { kind: "elf", path: file, reason };
  }
  const found = programs.find(({ path }) => `/${path}` === interpreter);
  // The kernel follows a script to a script only a few times; nobody needs that here.
  if (found !== undefined && readInterpreter(found.data) === undefined) return undefined;
  return { kind: "no-interpreter", path: file, interpreter };
}
