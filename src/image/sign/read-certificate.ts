import { AsnConvert } from "@peculiar/asn1-schema";
import {
  type AttributeTypeAndValue,
  type Name,
  type SubjectPublicKeyInfo,
  Certificate as X509,
} from "@peculiar/asn1-x509";
import { equalBytes } from "../../text/bytes.ts";
import { accept, type Checked, refuse } from "../../text/checked.ts";
import { readSignatureAlgorithm } from "./algorithms.ts";
import type { Certificate, CurveName, PublicKey } from "./certificate.ts";
import { hasCertificateShape } from "./check-shape.ts";
import { type DerNode, readDer } from "./read-der.ts";
import { readExtensions } from "./read-extensions.ts";
import type { CertificateProblem } from "./signature-problem.ts";

// A certificate of a few hostnames has 2 KiB.
const LARGEST = 32 * 1024;

const COMMON_NAME = "2.5.4.3";
const RSA = "1.2.840.113549.1.1.1";
const EC = "1.2.840.10045.2.1";

// RFC 5480: the DER of namedCurve.
const CURVES: ReadonlyMap<string, CurveName> = new Map([
  ["06082a8648ce3d030107", "P-256"],
  ["06052b81040022", "P-384"],
  ["06052b81040023", "P-521"],
]);

type Read<T> = Checked<T, CertificateProblem>;

/** Reads one X.509 certificate (RFC 5280) that must fill `der`. */
export function readCertificate(der: Uint8Array): Read<Certificate> {
  if (der.length > LARGEST) return bad("it is too large");
  const node = readDer(der);
  if (!node.ok) return bad(`no DER at byte ${node.problem.at}`);
  let parsed: X509;
  try {
    parsed = AsnConvert.parse(der, X509);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    return bad("no X.509");
  }
  return convert(parsed, node.value);
}

function convert({ tbsCertificate: parsed }: X509, node: DerNode): Read<Certificate> {
  if (!hasCertificateShape(node)) return bad("no X.509");
  const [tbs, outer, signature] = node.children;
  const fields = (tbs?.children ?? []).filter(({ tag }) => tag !== 0xa0);
  const [serial, inner, issuer, , subject, keyInfo] = fields;
  if (!tbs || !outer || !signature || !serial || !inner || !issuer || !subject || !keyInfo) {
    return bad("no X.509");
  }
  // Only the inner one is signed.
  if (!equalBytes(outer.bytes, inner.bytes)) return bad("it has two signature algorithms");
  if (signature.content[0] !== 0) return bad("its signature is no whole bytes");
  const extensions = readExtensions(parsed.extensions ?? []);
  if (!extensions.ok) return extensions;
  const notBefore = parsed.validity.notBefore.getTime().getTime();
  const notAfter = parsed.validity.notAfter.getTime();
  if (Number.isNaN(notBefore) || Number.isNaN(notAfter.getTime())) return bad("it has no dates");
  return accept({
    der: node.bytes,
    tbs: tbs.bytes,
    name: showName(parsed.subject),
    issuerName: showName(parsed.issuer),
    subject: subject.bytes,
    issuer: issuer.bytes,
    serial: serial.content,
    keyInfo: keyInfo.bytes,
    key: readKey(parsed.subjectPublicKeyInfo, keyInfo),
    notBefore,
    notAfter: notAfter.getTime(),
    lastDay: notAfter.toISOString().slice(0, 10),
    algorithm: readSignatureAlgorithm(parsed.signature),
    signature: signature.content.subarray(1),
    extensions: extensions.value,
  });
}

function bad(reason: string): Read<never> {
  return refuse({ kind: "bad-certificate", reason });
}

function readKey({ algorithm }: SubjectPublicKeyInfo, keyInfo: DerNode): PublicKey {
  const [identifier, bits] = keyInfo.children;
  const unsupported: PublicKey = { kind: "unsupported", algorithm: algorithm.algorithm };
  if (bits?.content[0] !== 0) return unsupported;
  const key = bits.content.subarray(1);
  if (algorithm.algorithm === RSA) return readRsaKey(key) ?? unsupported;
  const curve = CURVES.get(toHex(identifier?.children[1]?.bytes ?? key.subarray(0, 0)));
  if (algorithm.algorithm !== EC || curve === undefined) return unsupported;
  return { kind: "ecdsa", curve, point: key };
}

/** RSAPublicKey of RFC 8017, A.1.1. */
function readRsaKey(der: Uint8Array): PublicKey | undefined {
  const node = readDer(der);
  if (!node.ok || node.value.tag !== 0x30) return undefined;
  const [modulus, exponent, excess] = node.value.children;
  if (modulus?.tag !== 2 || exponent?.tag !== 2 || excess !== undefined) return undefined;
  return {
    kind: "rsa",
    modulus: dropSign(modulus.content),
    exponent: dropSign(exponent.content),
  };
}

function dropSign(integer: Uint8Array): Uint8Array {
  return integer.length > 1 && integer[0] === 0 ? integer.subarray(1) : integer;
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The common name; else every part of it. */
function showName(name: Name): string {
  const parts: AttributeTypeAndValue[] = [];
  for (const set of name) parts.push(...set);
  const common = parts.findLast(({ type }) => type === COMMON_NAME);
  const text = common?.value.toString() ?? parts.map(({ value }) => value.toString()).join(", ");
  return text.slice(0, 64).replace(/[^ -~]/g, "?");
}
