import { equalBytes } from "../../text/bytes.ts";
import { accept, type Checked, refuse } from "../../text/checked.ts";
import type { Arithmetic, Verdict } from "./arithmetic.ts";
import { type Certificate, nameKey } from "./certificate.ts";
import { checkPath } from "./check-path.ts";
import { checkKey, findPath } from "./find-path.ts";
import { findRevoked } from "./find-revoked.ts";
import { readCertificate } from "./read-certificate.ts";
import { readSignature, type Signature, type SignerId } from "./read-signature.ts";
import type { SignatureProblem } from "./signature-problem.ts";
import { mayBeAttributes } from "./signed-attributes.ts";
import type { Trust } from "./trust.ts";

/** The signer, and how it was verified. */
export interface Signer {
  readonly name: string;
  /** "RSA-2048", "P-256" */
  readonly key: string;
  readonly hash: string;
  /** The certificate that is trusted; undefined for a built-in key of the kernel. */
  readonly anchor: string | undefined;
  /** The implementation of the arithmetic. */
  readonly by: Verdict["by"];
}

// A chain of three certificates takes 6 KiB.
export const LARGEST_SIGNATURE = 64 * 1024;

/** Verifies a detached CMS signature (DER, RFC 5652) of `content`; returns the signer. */
export function verifyDetached(
  content: Uint8Array,
  signature: Uint8Array,
  trust: Trust,
  arithmetic: Arithmetic,
): Checked<Signer, SignatureProblem> {
  if (signature.length > LARGEST_SIGNATURE) return refuse({ kind: "malformed", part: "size" });
  const read = readSignature(signature);
  if (!read.ok) return read;
  const embedded: Certificate[] = [];
  for (const der of read.value.certificates) {
    const certificate = readCertificate(der);
    if (!certificate.ok) return certificate;
    embedded.push(certificate.value);
  }
  const signer = [...embedded, ...trust.anchors].find((one) => isNamed(one, read.value.signer));
  if (signer === undefined) return refuse({ kind: "no-certificate" });
  const verdict = checkContent(content, read.value, signer, arithmetic);
  if (!verdict.ok) return verdict;
  const path = findPath(signer, embedded, trust, arithmetic);
  if (!path.ok) return path;
  // Includes certificates above the anchor: revoking a CA revokes the trusted certificates below
  // it.
  const all = [...new Set([...path.value.certificates, ...embedded])];
  const problem =
    findRevoked(all, trust, arithmetic) ?? checkPath(path.value.certificates, trust.now);
  if (problem !== undefined) return refuse(problem);
  return accept({
    name: signer.name,
    key: nameKey(signer.key),
    hash: read.value.hash,
    anchor: path.value.anchor,
    by: verdict.value.by,
  });
}

/**
 * Whether a signature was made for these bytes, by whomever: it need not be trusted, or valid now.
 * False if only its key could show that, and neither `known` nor the signature has it.
 */
export function isMadeFor(
  content: Uint8Array,
  signature: Uint8Array,
  known: readonly Certificate[],
  arithmetic: Arithmetic,
): boolean {
  const read = readSignature(signature);
  if (!read.ok) return false;
  const { attributes, hash } = read.value;
  if (attributes !== undefined) {
    return equalBytes(arithmetic.hash(hash, content), attributes.messageDigest);
  }
  const embedded = read.value.certificates.map(readCertificate);
  const all = [...embedded.flatMap((one) => (one.ok ? [one.value] : [])), ...known];
  return all.some((one) => checkContent(content, read.value, one, arithmetic).ok);
}

function isNamed(certificate: Certificate, id: SignerId): boolean {
  if (id.kind === "issuer") {
    return equalBytes(certificate.issuer, id.issuer) && equalBytes(certificate.serial, id.serial);
  }
  const { subjectKeyId } = certificate.extensions;
  return subjectKeyId !== undefined && equalBytes(subjectKeyId, id.keyId);
}

function checkContent(
  content: Uint8Array,
  signature: Signature,
  signer: Certificate,
  arithmetic: Arithmetic,
): Checked<Verdict, SignatureProblem> {
  const { attributes, hash, key, value } = signature;
  const weak = checkKey(signer);
  if (weak !== undefined) return refuse(weak);
  let digest = arithmetic.hash(hash, content);
  if (attributes !== undefined) {
    if (!equalBytes(digest, attributes.messageDigest)) return refuse({ kind: "other-content" });
    digest = arithmetic.hash(hash, attributes.signed);
  } else if (mayBeAttributes(content)) {
    return refuse({ kind: "malformed", part: "content that may be attributes" });
  }
  const isSame = signer.key.kind === key;
  const claim = { certificate: signer, key, hash, digest, signature: value };
  const verdict = isSame ? arithmetic.verify(claim) : undefined;
  if (!verdict?.good) return refuse({ kind: "bad-signature", signer: signer.name });
  return accept(verdict);
}
