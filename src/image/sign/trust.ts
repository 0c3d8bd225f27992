import type { Certificate } from "./certificate.ts";
import type { CertificateHash } from "./read-dbx.ts";

/** What a signature is measured by. */
export interface Trust {
  /** Each may be a signer itself, or the issuer of one. */
  readonly anchors: readonly Certificate[];
  /** Their keys are not trusted, whoever certifies them. */
  readonly revoked: readonly Certificate[];
  /** The same by hash, of the firmware's lists; none where they are absent. */
  readonly revokedHashes?: readonly CertificateHash[];
  /** Whether the kernel's built-in keys are trusted as well. */
  readonly kernelKeys: boolean;
  /** The clock, in milliseconds since the epoch. */
  readonly now: number;
}
