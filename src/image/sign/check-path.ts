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

/** Checks the fields of a path's certificates; their signatures are checked elsewhere. */
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
 * By key, because anybody can derive a second certificate with another fingerprint from one with an
 * ECDSA signature. By issuer and serial number, because of reissued certificates.
 */
function isRevokedBy(certificate: Certificate, revoked: Certificate): boolean {
  if (equalBytes(certificate.keyInfo, revoked.keyInfo)) return true;
  return (
    equalBytes(certificate.issuer, revoked.issuer) && equalBytes(certificate.serial, revoked.serial)
  );
}

/**
 * Machines whose clock starts in 1970 must be able to shut down too. The time cannot be earlier
 * than the certificates' "not before" dates, since they exist.
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

/** `below` is the number of CAs between it and the signer. */
function checkIssuer({ name, extensions }: Certificate, below: number): ChainProblem | undefined {
  const { isCa, pathLength = below, keyUsage = KEY_CERT_SIGN } = extensions;
  if (!isCa) return { kind: "usage", name, wanted: "be a CA" };
  if ((keyUsage & KEY_CERT_SIGN) === 0) return { kind: "usage", name, wanted: "sign certificates" };
  return below > pathLength ? { kind: "path-length", name } : undefined;
}
