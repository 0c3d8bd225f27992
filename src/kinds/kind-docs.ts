import type { Step } from "./kinds.ts";

/**
 * The documentation of one kind, in `docs.ts` of its folder: Markdown without a period at the end.
 * `npm run storage` renders docs/storage.md from it; programs do not contain it.
 */
export interface KindDocs {
  readonly title: string;
  /** What it is, in one sentence. */
  readonly summary: string;
  /** What it keeps busy, and what keeps it busy. */
  readonly holds: string;
  /** The file in /proc or /sys, or the ioctl. */
  readonly seenBy: string;
  /** Empty if the kind has no step of its own: then `instead` says what happens. */
  readonly steps: readonly StepDocs[];
  readonly instead?: string;
  readonly notes?: readonly string[];
  /** What is not seen or not done. */
  readonly leftOut?: readonly string[];
  /** The rows of test/vm/zoo/rows that test it in a virtual machine. */
  readonly machines: readonly string[];
}

/** Limits are not written here: they are read from the step itself. */
export interface StepDocs {
  readonly step: Step["kind"];
  readonly does: string;
  readonly verifiedBy: string;
  /** If the limit depends on the step: the condition, and the fields of such a step. */
  readonly variants?: readonly { readonly when: string; readonly fields: object }[];
}
