import type { Step } from "./kinds.ts";

/**
 * What docs/storage.md says of one kind: `docs.ts` in each folder, in Markdown, without a full
 * stop at the end. No program bundles it; `npm run storage` renders it.
 */
export interface KindDocs {
  readonly title: string;
  /** What it is, in one sentence. */
  readonly summary: string;
  /** What keeps what busy. */
  readonly holds: string;
  /** The file in /proc or /sys, the ioctl. */
  readonly seenBy: string;
  /** Empty where nothing takes it apart by a step of its own: then `instead` says what happens. */
  readonly steps: readonly StepDocs[];
  readonly instead?: string;
  readonly notes?: readonly string[];
  /** What is not seen or not done. */
  readonly leftOut?: readonly string[];
  /** Rows of test/vm/zoo/rows that prove it on a real machine. */
  readonly machines: readonly string[];
}

/** Limits are not written here: they are read from the step itself. */
export interface StepDocs {
  readonly step: Step["kind"];
  readonly does: string;
  readonly verifiedBy: string;
  /** Where its limit depends on the step: when, and the fields of such a step. */
  readonly variants?: readonly { readonly when: string; readonly fields: object }[];
}
