import type { HashName, KeyKind } from "./algorithms.ts";
import type { Certificate } from "./certificate.ts";

/** What verification needs from the machine: digests and big numbers. */
export interface Arithmetic {
  hash(name: HashName, data: Uint8Array): Uint8Array;
  verify(claim: Claim): Verdict;
  /** Whether a built-in key of the kernel signed this certificate (DER). */
  isTrustedByKernel(certificate: Uint8Array): boolean;
}

/** "The key of `certificate` made `signature` over `digest`." */
export interface Claim {
  readonly certificate: Certificate;
  readonly key: KeyKind;
  readonly hash: HashName;
  readonly digest: Uint8Array;
  /** RSA: as long as the modulus, big-endian. ECDSA: DER as in RFC 3279, 2.2.3. */
  readonly signature: Uint8Array;
}

export interface Verdict {
  readonly good: boolean;
  /** Who did the arithmetic. */
  readonly by: "kernel" | "exitrd";
}
