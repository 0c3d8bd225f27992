import type { ProgramRole } from "../image/added-program.ts";
import type { ElfProblem } from "../image/problem.ts";
import type { SysFailure } from "../port/sys-error.ts";

/** Why a program cannot be added to an image; `path` is its name on this machine. */
export type ProgramProblem =
  | { readonly kind: "unreadable"; readonly path: string; readonly error: SysFailure }
  | { readonly kind: "elf"; readonly path: string; readonly reason: ElfProblem["reason"] }
  | { readonly kind: "bad-name"; readonly path: string; readonly role: ProgramRole }
  | { readonly kind: "same-name"; readonly path: string }
  | { readonly kind: "no-executable-bit"; readonly path: string }
  | { readonly kind: "cr-lf"; readonly path: string }
  | { readonly kind: "no-interpreter"; readonly path: string; readonly interpreter: string }
  /** `file`, the program itself or one of its libraries, needs it. */
  | {
      readonly kind: "no-library";
      readonly path: string;
      readonly library: string;
      readonly file: string;
    }
  /** Tools and libraries are copied from the machine that builds the image. */
  | { readonly kind: "foreign-tool"; readonly path: string; readonly machine: string };

export const largestProgram = 64 * 1024 * 1024;
