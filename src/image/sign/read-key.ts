import { equalBytes } from "../../text/bytes.ts";
import type { CurveName, PublicKey } from "./certificate.ts";
import { type DerNode, readDer } from "./read-der.ts";

const RSA = "1.2.840.113549.1.1.1";
const EC = "1.2.840.10045.2.1";

/** RFC 5480. */
const CURVES: ReadonlyMap<string, CurveName> = new Map([
  ["1.2.840.10045.3.1.7", "P-256"],
  ["1.3.132.0.34", "P-384"],
  ["1.3.132.0.35", "P-521"],
]);

/** Kinds of keys that openssl(1) can create, but exitrd does not support. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ["1.3.101.112", "Ed25519"],
  ["1.3.101.113", "Ed448"],
  ["1.2.840.113549.1.1.10", "RSASSA-PSS"],
  ["1.2.840.10040.4.1", "DSA"],
  ["1.3.132.0.10", "secp256k1"],
  ["1.3.132.0.33", "secp224r1"],
]);

const NULL = Uint8Array.of(5, 0);
const UNCOMPRESSED = 4;

/**
 * Reads subjectPublicKeyInfo (RFC 5280, 4.1.2.7). A key has one encoding only: revocation
 * compares keys by their bytes.
 */
export function readKey(info: DerNode): PublicKey {
  const [identifier, bits, excess] = info.children;
  const [type, parameters, more] = identifier?.children ?? [];
  const isShaped =
    identifier?.tag === 0x30 && type?.tag === 6 && bits?.tag === 3 && excess === undefined;
  if (!isShaped || bits?.content[0] !== 0 || more !== undefined) return refuse("such an encoding");
  const key = bits.content.subarray(1);
  switch (showOid(type.content)) {
    case RSA:
      return parameters !== undefined && equalBytes(parameters.bytes, NULL)
        ? (readRsaKey(key) ?? refuse("RSA in such an encoding"))
        : refuse("RSA with parameters");
    case EC:
      return readPoint(key, parameters);
    default:
      return refuse(nameOid(type.content));
  }
}

function refuse(algorithm: string): PublicKey {
  return { kind: "unsupported", algorithm };
}

/** RSAPublicKey of RFC 8017, A.1.1. */
function readRsaKey(der: Uint8Array): PublicKey | undefined {
  const node = readDer(der);
  if (!node.ok || node.value.tag !== 0x30) return undefined;
  const [modulus, exponent, excess] = node.value.children;
  if (!isPositive(modulus) || !isPositive(exponent) || excess !== undefined) return undefined;
  return {
    kind: "rsa",
    modulus: dropSign(modulus.content),
    exponent: dropSign(exponent.content),
  };
}

function isPositive(node: DerNode | undefined): node is DerNode {
  return node?.tag === 2 && (node.content[0] ?? 0) < 0x80;
}

function dropSign(integer: Uint8Array): Uint8Array {
  return integer.length > 1 && integer[0] === 0 ? integer.subarray(1) : integer;
}

/** The kernel takes only uncompressed points, too. */
function readPoint(point: Uint8Array, parameters: DerNode | undefined): PublicKey {
  if (parameters?.tag !== 6) return refuse("EC with explicit parameters");
  const curve = CURVES.get(showOid(parameters.content));
  if (curve === undefined) return refuse(`EC with the curve ${nameOid(parameters.content)}`);
  return point[0] === UNCOMPRESSED
    ? { kind: "ecdsa", curve, point }
    : refuse("EC with a compressed point");
}

function nameOid(content: Uint8Array): string {
  const oid = showOid(content);
  return OTHERS.get(oid) ?? oid;
}

/** The dotted form (X.690, 8.19); inexact above 2^53, which no known identifier exceeds. */
function showOid(content: Uint8Array): string {
  const parts: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    parts.push(value);
    value = 0;
  }
  const [first = 0, ...rest] = parts;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...rest].join(".").slice(0, 64);
}
