import type { Certificate } from "./certificate.ts";
import type { CertificateHash } from "./read-dbx.ts";

/** What signatures are verified against. */
export interface Trust {
  /** Each may be a signer, or the issuer of one. */
  readonly anchors: readonly Certificate[];
  /** Their keys are never trusted, regardless of the issuer. */
  readonly revoked: readonly Certificate[];
  /** Revoked certificates by hash, from the firmware's lists; empty if there are no such lists. */
  readonly revokedHashes?: readonly CertificateHash[];
  /** Whether the kernel's built-in keys are trusted as well. */
  readonly kernelKeys: boolean;
  /** The clock, in milliseconds since the epoch. */
  readonly now: number;
}
