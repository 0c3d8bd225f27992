/** One row of docs/storage.md about Linux: what it keeps busy, and what exitrd does about it. */
export interface KernelUser {
  readonly names: readonly string[];
  readonly linux: readonly Version[];
  readonly holds: string;
  readonly seenBy: string;
  readonly done: Done;
  /** The kernel's source files that open files or devices for it, by name or number. */
  readonly sources?: readonly string[];
}

/** The sources that were read: Debian's of the long-term kernels 6.1 and 6.12, and those of 7.2. */
export type Version = "6.1" | "6.12" | "7.2";

export type Done =
  /** Released by the kind in this folder of src/kinds. */
  | { readonly kind: "released"; readonly by: string; readonly how?: string }
  /** Nothing is released; the report names it if something stays because of it. */
  | { readonly kind: "named"; readonly how: string }
  | { readonly kind: "not-needed"; readonly why: string }
  /** Not implemented yet. */
  | { readonly kind: "not-looked-at"; readonly so: string };

export const ALL: readonly Version[] = ["6.1", "6.12", "7.2"];
export const UNTIL_6_12: readonly Version[] = ["6.1", "6.12"];
export const FROM_6_12: readonly Version[] = ["6.12", "7.2"];
