/** How a loaded tree differs from its manifests. */
export interface TreeChange {
  readonly path: string;
  readonly what:
    | "missing"
    /** Not in any manifest. */
    | "extra"
    /** Covered by another mount. */
    | "mounted"
    /** A manifest that cannot be read. */
    | "manifest"
    | "mode"
    | "size"
    | "digest"
    | "target";
}
