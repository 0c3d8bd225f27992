import { AsnConvert } from "@peculiar/asn1-schema";
import { type AttributeTypeAndValue, type Name, Certificate as X509 } from "@peculiar/asn1-x509";
import { equalBytes } from "../../text/bytes.ts";
import { accept, type Checked, refuse } from "../../text/checked.ts";
import { readSignatureAlgorithm } from "./algorithms.ts";
import type { Certificate } from "./certificate.ts";
import { hasCertificateShape } from "./check-shape.ts";
import { type DerNode, readDer } from "./read-der.ts";
import { readExtensions } from "./read-extensions.ts";
import { readKey } from "./read-key.ts";
import type { CertificateProblem } from "./signature-problem.ts";

// A certificate with a few host names has 2 KiB.
const LARGEST = 32 * 1024;

const COMMON_NAME = "2.5.4.3";
type Read<T> = Checked<T, CertificateProblem>;

/** Reads one X.509 certificate (RFC 5280) that must fill `der`. */
export function readCertificate(der: Uint8Array): Read<Certificate> {
  if (der.length > LARGEST) return bad("it is too large");
  const node = readDer(der);
  if (!node.ok) return bad(`not DER at byte ${node.problem.at}`);
  let parsed: X509;
  try {
    parsed = AsnConvert.parse(der, X509);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    return bad("not an X.509 certificate");
  }
  return convert(parsed, node.value);
}

function convert({ tbsCertificate: parsed }: X509, node: DerNode): Read<Certificate> {
  if (!hasCertificateShape(node)) return bad("not an X.509 certificate");
  const [tbs, outer, signature] = node.children;
  const fields = (tbs?.children ?? []).filter(({ tag }) => tag !== 0xa0);
  const [serial, inner, issuer, , subject, keyInfo] = fields;
  if (!tbs || !outer || !signature || !serial || !inner || !issuer || !subject || !keyInfo) {
    return bad("not an X.509 certificate");
  }
  // Only the inner identifier is signed.
  if (!equalBytes(outer.bytes, inner.bytes)) return bad("it has two signature algorithms");
  if (signature.content[0] !== 0) return bad("its signature is not in whole bytes");
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
    key: readKey(keyInfo),
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

/** The common name, or else all parts of the name. */
function showName(name: Name): string {
  const parts: AttributeTypeAndValue[] = [];
  for (const set of name) parts.push(...set);
  const common = parts.findLast(({ type }) => type === COMMON_NAME);
  const text = common?.value.toString() ?? parts.map(({ value }) => value.toString()).join(", ");
  return text.slice(0, 64).replace(/[^ -~]/g, "?");
}
