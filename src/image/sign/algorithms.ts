import type { AlgorithmIdentifier } from "@peculiar/asn1-x509";

export type HashName = "sha256" | "sha384" | "sha512";
export type KeyKind = "rsa" | "ecdsa";

/** The meaning of an algorithm identifier. */
export type Algorithm =
  /** `hash` is absent if the identifier names only the key's algorithm (RFC 3370, 3.2). */
  | { readonly kind: "known"; readonly key: KeyKind; readonly hash?: HashName }
  /** Broken, or expected to be broken soon. */
  | { readonly kind: "weak"; readonly name: string }
  | { readonly kind: "unsupported"; readonly name: string };

// RFC 5754.
const HASHES: ReadonlyMap<string, HashName> = new Map([
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);

// RFC 3279, RFC 4055, RFC 5758.
const SIGNATURES: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ["1.2.840.113549.1.1.1", { kind: "known", key: "rsa" }],
  ["1.2.840.113549.1.1.11", { kind: "known", key: "rsa", hash: "sha256" }],
  ["1.2.840.113549.1.1.12", { kind: "known", key: "rsa", hash: "sha384" }],
  ["1.2.840.113549.1.1.13", { kind: "known", key: "rsa", hash: "sha512" }],
  ["1.2.840.10045.4.3.2", { kind: "known", key: "ecdsa", hash: "sha256" }],
  ["1.2.840.10045.4.3.3", { kind: "known", key: "ecdsa", hash: "sha384" }],
  ["1.2.840.10045.4.3.4", { kind: "known", key: "ecdsa", hash: "sha512" }],
  ["1.2.840.113549.1.1.4", { kind: "weak", name: "RSA with MD5" }],
  ["1.2.840.113549.1.1.5", { kind: "weak", name: "RSA with SHA-1" }],
  ["1.2.840.113549.1.1.14", { kind: "weak", name: "RSA with SHA-224" }],
  ["1.2.840.10045.4.1", { kind: "weak", name: "ECDSA with SHA-1" }],
  ["1.2.840.10045.4.3.1", { kind: "weak", name: "ECDSA with SHA-224" }],
  ["1.2.840.113549.1.1.10", { kind: "unsupported", name: "RSASSA-PSS" }],
  ["1.3.101.112", { kind: "unsupported", name: "Ed25519" }],
]);

const WEAK_HASHES: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.2.5", "MD5"],
  ["1.3.14.3.2.26", "SHA-1"],
  ["2.16.840.1.101.3.4.2.4", "SHA-224"],
]);

export function readSignatureAlgorithm(identifier: AlgorithmIdentifier): Algorithm {
  const { algorithm, parameters } = identifier;
  const known = SIGNATURES.get(algorithm);
  if (known === undefined) return { kind: "unsupported", name: algorithm };
  // The parameters are NULL or absent for RSA, absent for ECDSA.
  const isBare = parameters === undefined || (parameters === null && isRsa(known));
  return known.kind !== "known" || isBare ? known : { kind: "unsupported", name: algorithm };
}

function isRsa(algorithm: Algorithm): boolean {
  return algorithm.kind === "known" && algorithm.key === "rsa";
}

export type HashAlgorithm =
  | { readonly kind: "known"; readonly hash: HashName }
  | Exclude<Algorithm, { readonly kind: "known" }>;

export function readHashAlgorithm({ algorithm, parameters }: AlgorithmIdentifier): HashAlgorithm {
  const weak = WEAK_HASHES.get(algorithm);
  if (weak !== undefined) return { kind: "weak", name: weak };
  const hash = HASHES.get(algorithm);
  const isBare = parameters === undefined || parameters === null;
  if (hash === undefined || !isBare) return { kind: "unsupported", name: algorithm };
  return { kind: "known", hash };
}
