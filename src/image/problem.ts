import type { FormProblem } from "./disk-image/form-problem.ts";

/** Problems with an image, as fields; only `describe-problem.ts` has sentences. */
export type ImageProblem =
  /** The image cannot be decompressed; `reason` is the decompressor's message. */
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
  /** A link that leads, or may lead, out of the tree. */
  | { readonly kind: "unsafe-link"; readonly path: string }
  | { readonly kind: "duplicate"; readonly path: string }
  | { readonly kind: "no-parent"; readonly path: string }
  | { readonly kind: "bad-type"; readonly path: string; readonly mode: number }
  /** The file system of a sealed image was written or modified by another program. */
  | { readonly kind: "not-ours" };

export type ManifestProblem =
  | { readonly kind: "no-manifest" }
  | { readonly kind: "bad-manifest"; readonly reason: string }
  | { readonly kind: "manifest-format"; readonly format: number }
  | { readonly kind: "missing"; readonly path: string }
  | { readonly kind: "extra"; readonly path: string }
  /** Only the loader may create this path. */
  | { readonly kind: "loaders-own"; readonly path: string }
  | {
      readonly kind: "changed";
      readonly path: string;
      readonly what: "mode" | "size" | "digest" | "target";
    }
  /** `shutdown` must be the last entry, because systemd ignores a tree without it. */
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
