import type { AnswerProblem } from "./answer.ts";
import type { BankDigest } from "./hash-algorithm.ts";

/** The kinds of data that are measured, each into a PCR of its own. */
export type MeasuredKind = "image" | "extension";

export type Pcrs = Readonly<Record<MeasuredKind, number>>;

/** `ImagePCR=` and `ExtensionPCR=` of exitrd.conf(5). */
export interface PcrSettings {
  readonly imagePcr?: number;
  readonly extensionPcr?: number;
}

/**
 * The default PCRs are those that systemd-stub(7) uses for the kernel's configuration and for
 * system extensions.
 */
export function choosePcrs({ imagePcr = 12, extensionPcr = 13 }: PcrSettings): Pcrs {
  return { image: imagePcr, extension: extensionPcr };
}

/** The result of measuring, as recorded in the loaded tree. */
export type Measurement =
  | { readonly kind: "measured"; readonly items: readonly MeasuredItem[] }
  | { readonly kind: "unmeasured"; readonly reason: UnmeasuredReason };

export interface MeasuredItem {
  readonly what: MeasuredKind;
  /** An image's path; an extension's name, a colon, and the SHA-256 of its file. */
  readonly name: string;
  readonly pcr: number;
  readonly digests: readonly BankDigest[];
  /** Why it is not in the event log, as text; absent if it is. */
  readonly unlogged?: string;
}

export type UnmeasuredReason =
  /** Disabled by Measure=off. */
  | { readonly kind: "off" }
  /** There is no TPM 2.0, or no driver for it. */
  | { readonly kind: "no-tpm" }
  | { readonly kind: "system"; readonly words: string }
  /** The TPM has no bank of a supported algorithm for this PCR. */
  | { readonly kind: "no-bank"; readonly pcr: number }
  | AnswerProblem;
