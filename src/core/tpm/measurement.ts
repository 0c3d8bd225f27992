import type { Settings } from "../settings/values.ts";
import type { AnswerProblem } from "./answer.ts";
import type { BankDigest } from "./hash-algorithm.ts";

/** What of exitrd is measured; each kind has a PCR of its own. */
export type MeasuredKind = "image" | "extension";

export type Pcrs = Readonly<Record<MeasuredKind, number>>;

/** Those of systemd-stub(7) for a kernel's configuration and for system extensions, unless others are set. */
export function choosePcrs({ imagePcr = 12, extensionPcr = 13 }: Settings): Pcrs {
  return { image: imagePcr, extension: extensionPcr };
}

/** What became of measuring, as the loader records it in the tree that it makes. */
export type Measurement =
  | { readonly kind: "measured"; readonly items: readonly MeasuredItem[] }
  | { readonly kind: "unmeasured"; readonly reason: UnmeasuredReason };

export interface MeasuredItem {
  readonly what: MeasuredKind;
  /** An image's path; an extension's name, a colon, and the SHA-256 of its file. */
  readonly name: string;
  readonly pcr: number;
  readonly digests: readonly BankDigest[];
  /** Why it is not in the event log, in words; absent where it is. */
  readonly unlogged?: string;
}

export type UnmeasuredReason =
  /** Measure=off. */
  | { readonly kind: "off" }
  /** There is no TPM 2.0, or no driver for it. */
  | { readonly kind: "no-tpm" }
  | { readonly kind: "system"; readonly words: string }
  /** The TPM keeps this PCR in no bank whose digest is known here. */
  | { readonly kind: "no-bank"; readonly pcr: number }
  | AnswerProblem;
