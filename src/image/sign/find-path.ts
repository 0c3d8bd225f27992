import { equalBytes } from "../../text/bytes.ts";
import { accept, type Checked, refuse } from "../../text/checked.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { type Certificate, countBits } from "./certificate.ts";
import type { ChainProblem, MessageProblem } from "./signature-problem.ts";
import type { Trust } from "./trust.ts";

/** The path from the signer's certificate to a trusted one. */
export interface CertificatePath {
  readonly certificates: readonly Certificate[];
  /** The name of the trusted certificate; undefined for a key that only the kernel knows. */
  readonly anchor: string | undefined;
}

type Found<T> = Checked<T, ChainProblem | MessageProblem>;

// Two more than the longest one seen in practice.
const LONGEST = 6;

/**
 * Finds the path from `signer` to an anchor. The certificates in the signature must form one chain,
 * each signed by the next: then there is only one path, no search is needed, and none of their
 * bytes can be changed.
 */
export function findPath(
  signer: Certificate,
  embedded: readonly Certificate[],
  trust: Trust,
  arithmetic: Arithmetic,
): Found<CertificatePath> {
  const chain = chainUp(signer, embedded);
  if (!chain.ok) return chain;
  const certificates = chain.value;
  for (const [i, certificate] of certificates.entries()) {
    const issuer = certificates[i + 1];
    if (issuer === undefined) break;
    const problem = checkLink(certificate, issuer, arithmetic);
    if (problem !== undefined) return refuse(problem);
  }
  for (const i of certificates.keys()) {
    const path = anchorAt(certificates.slice(0, i + 1), trust, arithmetic);
    if (!path.ok) return path;
    if (path.value === undefined) continue;
    const stray = findStray(certificates.slice(i + 1), trust, arithmetic);
    return stray === undefined ? accept(path.value) : refuse(stray);
  }
  return refuseTop(certificates, arithmetic);
}

/** Puts the certificates in order. Each of `embedded` must be used exactly once. */
function chainUp(
  signer: Certificate,
  embedded: readonly Certificate[],
): Found<readonly Certificate[]> {
  const rest = embedded.filter((certificate) => certificate !== signer);
  const chain = [signer];
  for (let top = signer; !isIssuer(top, top); ) {
    const at = rest.findIndex((certificate) => isIssuer(certificate, top));
    const [issuer] = at < 0 ? [] : rest.splice(at, 1);
    if (issuer === undefined) break;
    chain.push(issuer);
    top = issuer;
  }
  const [stray] = rest;
  if (stray !== undefined) return refuse({ kind: "stray-certificate", name: stray.name });
  const last = chain[LONGEST];
  return last === undefined ? accept(chain) : refuse({ kind: "path-length", name: last.name });
}

function isIssuer(issuer: Certificate, of: Certificate): boolean {
  if (!equalBytes(issuer.subject, of.issuer)) return false;
  const { subjectKeyId } = issuer.extensions;
  const { authorityKeyId } = of.extensions;
  return !subjectKeyId || !authorityKeyId || equalBytes(subjectKeyId, authorityKeyId);
}

/** The path, if its last certificate is trusted or signed by one that is. */
function anchorAt(
  path: readonly Certificate[],
  trust: Trust,
  arithmetic: Arithmetic,
): Found<CertificatePath | undefined> {
  const top = path.at(-1);
  if (top === undefined) throw new Error("a path without a signer");
  if (trust.anchors.some(({ der }) => equalBytes(der, top.der))) {
    return accept({ certificates: path, anchor: top.name });
  }
  const issuers = trust.anchors.filter((anchor) => isIssuer(anchor, top));
  const problems = issuers.map((issuer) => checkLink(top, issuer, arithmetic));
  const issuer = issuers.find((_, i) => problems[i] === undefined);
  if (issuer !== undefined) {
    return accept({ certificates: [...path, issuer], anchor: issuer.name });
  }
  if (trust.kernelKeys && isKernelKey(top, arithmetic)) {
    return accept({ certificates: path, anchor: undefined });
  }
  const [problem] = problems;
  return problem === undefined ? accept(undefined) : refuse(problem);
}

/**
 * Whether this is the certificate of a key of the kernel. The kernel also accepts certificates issued
 * by its keys, for any purpose and even if expired; so only a self-signed one is accepted here, and
 * checked like any anchor.
 */
function isKernelKey(top: Certificate, arithmetic: Arithmetic): boolean {
  const isSelfSigned = isIssuer(top, top) && checkLink(top, top, arithmetic) === undefined;
  return isSelfSigned && arithmetic.isTrustedByKernel(top.der);
}

/** Certificates above the anchor are not needed, but must be valid nevertheless. */
function findStray(
  above: readonly Certificate[],
  trust: Trust,
  arithmetic: Arithmetic,
): ChainProblem | undefined {
  const top = above.at(-1);
  if (top === undefined) return undefined;
  if (isIssuer(top, top) && checkLink(top, top, arithmetic) === undefined) return undefined;
  const path = anchorAt([top], trust, arithmetic);
  if (path.ok && path.value !== undefined) return undefined;
  return { kind: "stray-certificate", name: top.name };
}

function refuseTop(certificates: readonly Certificate[], arithmetic: Arithmetic): Found<never> {
  const top = certificates.at(-1);
  if (top === undefined) throw new Error("a path without a signer");
  const problem = isIssuer(top, top) ? checkLink(top, top, arithmetic) : undefined;
  return refuse(problem ?? { kind: "untrusted", name: top.name, issuer: top.issuerName });
}

/**
 * Checks that `issuer` signed `certificate`. Returns "bad-chain" if it did not, or the reason why
 * the signature is not acceptable.
 */
export function checkLink(
  certificate: Certificate,
  issuer: Certificate,
  arithmetic: Arithmetic,
): ChainProblem | MessageProblem | undefined {
  const { algorithm, tbs, signature, name } = certificate;
  if (algorithm.kind !== "known") return { kind: algorithm.kind, algorithm: algorithm.name, name };
  const weak = checkKey(issuer);
  if (weak !== undefined) return weak;
  const { key, hash } = algorithm;
  // Only messages have a separate digest algorithm.
  if (hash === undefined) return { kind: "unsupported", algorithm: key, name };
  const digest = arithmetic.hash(hash, tbs);
  const isSame = issuer.key.kind === key;
  const claim = { certificate: issuer, key, hash, digest, signature };
  if (isSame && arithmetic.verify(claim).good) return undefined;
  return { kind: "bad-chain", name, issuer: issuer.name };
}

const FEWEST_BITS = 2_048;
// Larger ones would take seconds in QuickJS and are not used in practice.
const MOST_BITS = 8_192;
const LONGEST_EXPONENT = 4;

/** Whether a key is strong enough. */
export function checkKey({ key, name }: Certificate): MessageProblem | undefined {
  if (key.kind === "ecdsa") return undefined;
  if (key.kind === "unsupported") {
    return { kind: "unsupported", algorithm: key.algorithm, name };
  }
  const bits = countBits(key.modulus);
  if (bits < FEWEST_BITS) return { kind: "weak", algorithm: `RSA with ${bits} bits`, name };
  const exponent = key.exponent;
  if (exponent.length === 1 && (exponent[0] ?? 0) < 3) {
    return { kind: "weak", algorithm: "RSA with such an exponent", name };
  }
  if (bits > MOST_BITS || exponent.length > LONGEST_EXPONENT) {
    return { kind: "unsupported", algorithm: `RSA with ${bits} bits`, name };
  }
  return undefined;
}
