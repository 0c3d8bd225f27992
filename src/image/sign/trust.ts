import type { Certificate } from "./certificate.ts";
import type { CertificateHash } from "./read-dbx.ts";

/** The trust that signatures are verified with. */
export interface Trust {
  /** Each may be a signer, or the issuer of one. */
  readonly anchors: readonly Certificate[];
  /** Their keys are never trusted, regardless of the issuer. */
  readonly revoked: readonly Certificate[];
  /** The same by hash, from the firmware's dbx; empty without one. */
  readonly revokedHashes?: readonly CertificateHash[];
  /** Whether the kernel's keyrings are trusted too. */
  readonly kernelKeys: boolean;
  /** The clock, in milliseconds since the epoch. */
  readonly now: number;
}
