/** Problems with a file that should be a file system, or a disk image (DDI) with one. */
export type FormProblem =
  | { readonly kind: "unknown-form" }
  | { readonly kind: "table"; readonly reason: "truncated" | "bad-header" }
  | {
      readonly kind: "partitions";
      readonly reason: "none" | "ambiguous" | "no-verity" | "no-signature";
    }
  | {
      readonly kind: "verity";
      readonly reason: "bad-superblock" | "unknown-hash" | "truncated" | "changed";
    }
  | { readonly kind: "verity-signature"; readonly reason: "no-json" | "root-hash" | "signature" };
