import { p256, p384, p521 } from "@noble/curves/nist.js";
import type { CurveName, PublicKey } from "./certificate.ts";

const CURVES: Readonly<Record<CurveName, typeof p256>> = {
  "P-256": p256,
  "P-384": p384,
  "P-521": p521,
};

/** ECDSA (FIPS 186-5, 6.4.2) with a signature in DER; an invalid key or signature never matches. */
export function verifyEcdsa(
  key: Extract<PublicKey, { readonly kind: "ecdsa" }>,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  // OpenSSL does not normalize s to the lower value, and X.509 does not require it.
  const how = { prehash: false, lowS: false, format: "der" } as const;
  try {
    return CURVES[key.curve].verify(signature, digest, key.point, how);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    return false;
  }
}
