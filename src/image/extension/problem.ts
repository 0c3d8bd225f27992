import type { FormProblem } from "../disk-image/form-problem.ts";
import type { ElfProblem } from "../problem.ts";

/** Problems with an extension, as fields; only `describe-extension-problem.ts` has sentences. */
export type ContentProblem = ReleaseProblem | FileProblem | ProgramProblem | FormProblem;

export type ReleaseProblem =
  /** It has no release file of either class under its name. */
  | { readonly kind: "no-release"; readonly name: string }
  /** `found` is undefined if the field is absent. */
  | {
      readonly kind: "mismatch";
      readonly field: string;
      readonly found: string | undefined;
      readonly wanted: string;
    };

/** Why an entry is not an acceptable regular file or directory. */
export type RefusedType =
  | "link"
  | "hard-link"
  | "device"
  | "fifo"
  | "socket"
  | "set-id"
  | "capability";

export type FileProblem =
  | { readonly kind: "unsafe-path"; readonly path: string }
  | { readonly kind: "bad-type"; readonly path: string; readonly type: RefusedType }
  | { readonly kind: "outside"; readonly path: string; readonly roots: readonly string[] }
  /** A file of the image or the loader, which no extension may replace. */
  | { readonly kind: "reserved"; readonly path: string }
  /** `owner` is another extension's name, or undefined for the image. */
  | { readonly kind: "collision"; readonly path: string; readonly owner: string | undefined }
  | { readonly kind: "too-many-files"; readonly limit: number }
  | { readonly kind: "too-large"; readonly limit: number };

export type ProgramProblem =
  | { readonly kind: "hook-name"; readonly path: string }
  | { readonly kind: "no-executable-bit"; readonly path: string }
  | { readonly kind: "program"; readonly path: string; readonly reason: ElfProblem["reason"] }
  | { readonly kind: "cr-lf"; readonly path: string }
  | { readonly kind: "no-interpreter"; readonly path: string; readonly interpreter: string };
