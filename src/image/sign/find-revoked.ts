import { equalBytes } from "../../text/bytes.ts";
import type { Arithmetic } from "./arithmetic.ts";
import type { Certificate } from "./certificate.ts";
import { checkLink } from "./find-path.ts";
import type { ChainProblem } from "./signature-problem.ts";
import type { Trust } from "./trust.ts";

/**
 * Finds the first certificate that is revoked or was issued by a revoked one. The issuer may be
 * known only from its revocation: its certificates are rejected even if they are trusted
 * themselves, as by the firmware (UEFI 2.10, 32.6.3).
 */
export function findRevoked(
  certificates: readonly Certificate[],
  trust: Pick<Trust, "revoked" | "revokedHashes">,
  arithmetic: Arithmetic,
): ChainProblem | undefined {
  const { revoked, revokedHashes = [] } = trust;
  for (const certificate of certificates) {
    const { name, tbs } = certificate;
    const isRevoked =
      revoked.some((one) => isSame(certificate, one)) ||
      revokedHashes.some((one) => equalBytes(arithmetic.hash(one.hash, tbs), one.digest));
    if (isRevoked) return { kind: "revoked", name };
    const issuer = revoked.find((one) => isIssuedBy(certificate, one, arithmetic));
    if (issuer !== undefined) return { kind: "revoked", name: issuer.name };
  }
  return undefined;
}

/**
 * By key, because anybody can derive a second certificate with another fingerprint from one with an
 * ECDSA signature. By issuer and serial number, because of reissued certificates.
 */
function isSame(certificate: Certificate, revoked: Certificate): boolean {
  if (equalBytes(certificate.keyInfo, revoked.keyInfo)) return true;
  return (
    equalBytes(certificate.issuer, revoked.issuer) && equalBytes(certificate.serial, revoked.serial)
  );
}

/** Ignores key identifiers, which the owner of a key chooses. True if it cannot be verified. */
function isIssuedBy(
  certificate: Certificate,
  revoked: Certificate,
  arithmetic: Arithmetic,
): boolean {
  if (!equalBytes(certificate.issuer, revoked.subject)) return false;
  return checkLink(certificate, revoked, arithmetic)?.kind !== "bad-chain";
}
