import { pow } from "@noble/curves/abstract/modular.js";
import { bytesToNumberBE, numberToBytesBE } from "@noble/curves/utils.js";
import { equalBytes, joinBytes } from "../../text/bytes.ts";
import type { HashName } from "./algorithms.ts";
import type { PublicKey } from "./certificate.ts";

// DER of DigestInfo up to the digest (RFC 8017, 9.2, note 1).
const PREFIXES: Readonly<Record<HashName, readonly [kind: number, length: number]>> = {
  sha256: [1, 32],
  sha384: [2, 48],
  sha512: [3, 64],
};

/**
 * RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.2): constructs the only valid encoding and compares all of it,
 * instead of parsing the padding.
 */
export function verifyRsa(
  key: Extract<PublicKey, { readonly kind: "rsa" }>,
  hash: HashName,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const size = key.modulus.length;
  if (signature.length !== size) return false;
  const modulus = bytesToNumberBE(key.modulus);
  const value = bytesToNumberBE(signature);
  if (value >= modulus) return false;
  const found = numberToBytesBE(pow(value, bytesToNumberBE(key.exponent), modulus), size);
  return equalBytes(found, encode(hash, digest, size));
}

function encode(hash: HashName, digest: Uint8Array, size: number): Uint8Array {
  const [kind, length] = PREFIXES[hash];
  if (digest.length !== length) throw new Error(`no ${hash}: ${digest.length} bytes`);
  const identifier = [0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, kind, 5, 0];
  const info = [0x30, identifier.length + 2 + length, ...identifier, 4, length];
  const padding = new Uint8Array(size - 3 - info.length - length).fill(0xff);
  const head = Uint8Array.of(0, 1);
  return joinBytes([head, padding, Uint8Array.of(0, ...info), digest]);
}
