import { equalBytes } from "../../text/bytes.ts";
import type { Arithmetic } from "./arithmetic.ts";
import type { Certificate } from "./certificate.ts";
import { checkLink } from "./find-path.ts";
import type { ChainProblem } from "./signature-problem.ts";
import type { Trust } from "./trust.ts";

/**
 * The first of these certificates that is revoked, or that a revoked one issued. The
 * issuer may be known by its revocation alone: what it signed is refused even where the
 * certificate itself is trusted, as the firmware does (UEFI 2.10, 32.6.3).
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

/** Key identifiers are not asked: whoever has the key writes them. What cannot be verified counts. */
function isIssuedBy(
  certificate: Certificate,
  revoked: Certificate,
  arithmetic: Arithmetic,
): boolean {
  if (!equalBytes(certificate.issuer, revoked.subject)) return false;
  return checkLink(certificate, revoked, arithmetic)?.kind !== "bad-chain";
}
