import type { Certificate } from "./certificate.ts";
import type { CertificateProblem, ChainProblem } from "./signature-problem.ts";

// RFC 5280, 4.2.1.3.
const DIGITAL_SIGNATURE = 1;
const KEY_CERT_SIGN = 32;

/**
 * Purposes that cover an image: code signing, and Microsoft's purpose for system components, which
 * is often the only one of Secure Boot's own keys.
 */
const CODE_PURPOSES = ["1.3.6.1.5.5.7.3.3", "1.3.6.1.4.1.311.10.3.6"];
const ANY_PURPOSE = "2.5.29.37.0";

/**
 * For kernel modules only (linux, certs/): shim rejects everything else that is signed with such a
 * key.
 */
const MODULE_SIGNING = "1.3.6.1.4.1.2312.16.1.2";

type Problem = ChainProblem | CertificateProblem;

/** Checks the fields of a path's certificates; their signatures are checked elsewhere. */
export function checkPath(path: readonly Certificate[], now: number): Problem | undefined {
  for (const { extensions, name } of path) {
    if (extensions.unknownCritical !== undefined) {
      return { kind: "critical-extension", name, oid: extensions.unknownCritical };
    }
  }
  return checkTimes(path, now) ?? checkUsages(path) ?? checkPurposes(path);
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
  const { keyUsage = DIGITAL_SIGNATURE } = extensions;
  if ((keyUsage & DIGITAL_SIGNATURE) === 0) return { kind: "usage", name, wanted: "sign data" };
  for (const [below, issuer] of issuers.entries()) {
    const problem = checkIssuer(issuer, below);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/**
 * The purposes of an issuer also limit the certificates that it issues. RFC 5280 does not require
 * that, but all verifiers do it: a company's CA for web servers must not issue certificates for
 * code.
 */
function checkPurposes(path: readonly Certificate[]): ChainProblem | undefined {
  let left: readonly string[] = CODE_PURPOSES;
  for (const { name, extensions } of path) {
    const { purposes = [ANY_PURPOSE] } = extensions;
    if (!purposes.includes(ANY_PURPOSE)) left = left.filter((one) => purposes.includes(one));
    if (left.length === 0 || purposes.includes(MODULE_SIGNING)) {
      return { kind: "usage", name, wanted: "sign code" };
    }
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
