import type { Algorithm } from "./algorithms.ts";

/** The fields of a certificate that verification uses. Byte arrays are views into `der`. */
export interface Certificate {
  readonly der: Uint8Array;
  /** The bytes signed by its issuer. */
  readonly tbs: Uint8Array;
  /** For messages: ASCII only, no control characters. */
  readonly name: string;
  readonly issuerName: string;
  /** Names in DER: equal bytes mean equal names. */
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  readonly serial: Uint8Array;
  /** DER of subjectPublicKeyInfo. */
  readonly keyInfo: Uint8Array;
  readonly key: PublicKey;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** The day of `notAfter`: "2026-12-31", in UTC. */
  readonly lastDay: string;
  readonly algorithm: Algorithm;
  readonly signature: Uint8Array;
  readonly extensions: CertificateExtensions;
}

export interface CertificateExtensions {
  readonly isCa: boolean;
  readonly pathLength?: number;
  /** The bits of RFC 5280, 4.2.1.3, the first one lowest; absent for any use. */
  readonly keyUsage?: number;
  /** OIDs; absent for any purpose. */
  readonly purposes?: readonly string[];
  readonly subjectKeyId?: Uint8Array;
  readonly authorityKeyId?: Uint8Array;
  /** A critical extension that is not supported. */
  readonly unknownCritical?: string;
}

export type PublicKey =
  /** Big-endian, without leading zeros. */
  | { readonly kind: "rsa"; readonly modulus: Uint8Array; readonly exponent: Uint8Array }
  | { readonly kind: "ecdsa"; readonly curve: CurveName; readonly point: Uint8Array }
  | { readonly kind: "unsupported"; readonly algorithm: string };

export type CurveName = "P-256" | "P-384" | "P-521";

/** "RSA-2048", "P-256" */
export function nameKey(key: PublicKey): string {
  switch (key.kind) {
    case "rsa":
      return `RSA-${countBits(key.modulus)}`;
    case "ecdsa":
      return key.curve;
    case "unsupported":
      return key.algorithm;
  }
}

export function countBits([first = 0, ...rest]: Uint8Array): number {
  return rest.length * 8 + (32 - Math.clz32(first));
}
