import { equalBytes } from "../../text/bytes.ts";
import type { Arithmetic } from "./arithmetic.ts";
import type { Certificate } from "./certificate.ts";
import type { CertificateProblem, ChainProblem } from "./signature-problem.ts";
import type { Trust } from "./trust.ts";

// RFC 5280, 4.2.1.3.
const DIGITAL_SIGNATURE = 1;
const KEY_CERT_SIGN = 32;

/**
 * Purposes that cover an image: code signing, any, and Microsoft's for parts of
 * the system, which Secure Boot's own keys often have alone.
 */
const CODE_PURPOSES = ["1.3.6.1.5.5.7.3.3", "2.5.29.37.0", "1.3.6.1.4.1.311.10.3.6"];

type Problem = ChainProblem | CertificateProblem;

/** Checks what a path's certificates say of themselves; that each signed the one before is known. */
export function checkPath(
  path: readonly Certificate[],
  trust: Trust,
  { hash }: Pick<Arithmetic, "hash">,
): Problem | undefined {
  for (const certificate of path) {
    const { extensions, name } = certificate;
    if (extensions.unknownCritical !== undefined) {
      return { kind: "critical-extension", name, oid: extensions.unknownCritical };
    }
    const isRevoked =
      trust.revoked.some((revoked) => isRevokedBy(certificate, revoked)) ||
      trust.revokedHashes?.some((one) => equalBytes(hash(one.hash, certificate.tbs), one.digest));
    if (isRevoked === true) {
      return { kind: "revoked", name };
    }
  }
  return checkTimes(path, trust.now) ?? checkUsages(path);
}

/**
 * By its key: of one certificate with an ECDSA signature anybody can make a
 * second, whose fingerprint is another. By issuer and serial: a reissued one.
 */
function isRevokedBy(certificate: Certificate, revoked: Certificate): boolean {
  if (equalBytes(certificate.keyInfo, revoked.keyInfo)) return true;
  return (
    equalBytes(certificate.issuer, revoked.issuer) && equalBytes(certificate.serial, revoked.serial)
  );
}

/**
 * A machine whose clock begins in 1970 has to shut down as well: it cannot be
 * earlier than the certificates' own beginnings, since they are there.
 */
function checkTimes(path: readonly Certificate[], now: number): ChainProblem | undefined {
  const time = Math.max(now, ...path.map(({ notBefore }) => notBefore));
  const expired = path.find(({ notAfter }) => notAfter < time);
  return expired && { kind: "expired", name: expired.name, lastDay: expired.lastDay };
}

function checkUsages(path: readonly Certificate[]): ChainProblem | undefined {
  const [signer, ...issuers] = path;
  if (signer === undefined) throw new Error("a path without a signer");
  const { name, extensions } = signer;
  const { keyUsage = DIGITAL_SIGNATURE, purposes = CODE_PURPOSES } = extensions;
  if ((keyUsage & DIGITAL_SIGNATURE) === 0) return { kind: "usage", name, wanted: "sign data" };
  if (!purposes.some((purpose) => CODE_PURPOSES.includes(purpose))) {
    return { kind: "usage", name, wanted: "sign code" };
  }
  for (const [below, issuer] of issuers.entries()) {
    const problem = checkIssuer(issuer, below);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** `below` counts the CAs between it and the signer. */
function checkIssuer({ name, extensions }: Certificate, below: number): ChainProblem | undefined {
  const { isCa, pathLength = below, keyUsage = KEY_CERT_SIGN } = extensions;
  if (!isCa) return { kind: "usage", name, wanted: "be a CA" };
  if ((keyUsage & KEY_CERT_SIGN) === 0) return { kind: "usage", name, wanted: "sign certificates" };
  return below > pathLength ? { kind: "path-length", name } : undefined;
}
