import type { FormProblem } from "./disk-image/form-problem.ts";

/** What is wrong with an image: fields for tests, sentences only in `describe-problem.ts`. */
export type ImageProblem =
  /** The compressed layer, in the decompressor's own words. */
  | { readonly kind: "zstd"; readonly reason: string }
  | ArchiveProblem
  | FormProblem
  | ManifestProblem
  | ElfProblem;

/** Offsets are bytes into the unpacked archive. */
export type ArchiveProblem =
  | { readonly kind: "truncated"; readonly at: number }
  | { readonly kind: "bad-magic"; readonly at: number }
  | { readonly kind: "bad-field"; readonly at: number; readonly field: string }
  | { readonly kind: "trailing"; readonly at: number }
  | { readonly kind: "too-many-entries"; readonly limit: number }
  | { readonly kind: "unsafe-path"; readonly path: string }
  | { readonly kind: "duplicate"; readonly path: string }
  | { readonly kind: "no-parent"; readonly path: string }
  | { readonly kind: "bad-type"; readonly path: string; readonly mode: number }
  /** A sealed image's file system that another program made, or changed. */
  | { readonly kind: "not-ours" };

export type ManifestProblem =
  | { readonly kind: "no-manifest" }
  | { readonly kind: "bad-manifest"; readonly reason: string }
  | { readonly kind: "manifest-format"; readonly format: number }
  | { readonly kind: "missing"; readonly path: string }
  | { readonly kind: "extra"; readonly path: string }
  /** Only the loader may put something there. */
  | { readonly kind: "loaders-own"; readonly path: string }
  | { readonly kind: "changed"; readonly path: string; readonly what: "mode" | "size" | "digest" }
  /** `shutdown` has to be the last entry: a tree without it is one that nobody executes. */
  | { readonly kind: "shutdown-not-last" }
  | { readonly kind: "architecture"; readonly image: string; readonly machine: string };

export type ElfProblem = {
  readonly kind: "elf";
  readonly path: string;
  readonly reason:
    | "not-elf"
    | "truncated"
    | "not-executable"
    | "interpreter"
    | "machine"
    | "bad-note";
};
