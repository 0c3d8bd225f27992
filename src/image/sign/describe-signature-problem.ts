import type { SignatureProblem } from "./signature-problem.ts";

/** Says in half a sentence why a signature does not count, for "cannot verify '…': <this>". */
export function describeSignatureProblem(problem: SignatureProblem): string {
  switch (problem.kind) {
    case "unsigned":
      return "it is not signed";
    case "not-der":
      return `its signature is no DER at byte ${problem.at}`;
    case "trailing":
      return `its signature goes on after its end, at byte ${problem.at}`;
    case "malformed":
      return `its signature is no detached CMS signature as 'exitrd sign' makes it (${problem.part})`;
    case "attached":
      return "its signature has the content inside, not beside";
    case "signers":
      return `its signature has ${problem.count} signers instead of one`;
    case "weak":
      return `${about(problem.name)} ${problem.algorithm}, which is too weak`;
    case "unsupported":
      return `${about(problem.name)} ${problem.algorithm}, which is not supported`;
    case "bad-certificate":
      return `a certificate in its signature cannot be read (${problem.reason})`;
    case "critical-extension":
      return `the certificate of '${problem.name}' has a critical extension ${problem.oid}, which is not known`;
    case "no-certificate":
      return "the certificate of its signer is neither in the signature nor trusted";
    case "stray-certificate":
      return `its signature has a certificate of '${problem.name}' that signed nothing in it`;
    case "bad-chain":
      return `'${problem.issuer}' did not sign the certificate of '${problem.name}'`;
    case "untrusted":
      return `'${problem.name}', certified by '${problem.issuer}', is not trusted`;
    case "expired":
      return `the certificate of '${problem.name}' expired on ${problem.lastDay}`;
    case "revoked":
      return `the certificate of '${problem.name}' is revoked`;
    case "usage":
      return `the certificate of '${problem.name}' is not one to ${problem.wanted}`;
    case "path-length":
      return `the certificate of '${problem.name}' makes the chain too long`;
    case "other-content":
      return "its signature is another file's, or it was changed after it was signed";
    case "bad-signature":
      return `its signature is not one of '${problem.signer}'`;
  }
}

function about(name: string | undefined): string {
  return name === undefined ? "its signature uses" : `the certificate of '${name}' uses`;
}
