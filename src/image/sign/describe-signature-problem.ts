import { quote } from "../../text/show-bytes.ts";
import type { SignatureProblem } from "./signature-problem.ts";

/** Describes why a signature is rejected, for "cannot verify '…': <this>". */
export function describeSignatureProblem(problem: SignatureProblem): string {
  switch (problem.kind) {
    case "unsigned":
      return "it is not signed";
    case "not-der":
      return `its signature is not valid DER at byte ${problem.at}`;
    case "trailing":
      return `its signature has data after its end, at byte ${problem.at}`;
    case "malformed":
      return `its signature is not a detached CMS signature as written by 'exitrd sign' (${problem.part})`;
    case "attached":
      return "its signature is attached to the content instead of detached";
    case "signers":
      return `its signature has ${problem.count} signers, expected one`;
    case "weak":
      return `${about(problem.name)} ${problem.algorithm}, which is too weak`;
    case "unsupported":
      return `${about(problem.name)} ${problem.algorithm}, which is not supported`;
    case "bad-certificate":
      return `a certificate in its signature cannot be read (${problem.reason})`;
    case "critical-extension":
      return `the certificate of ${quote(problem.name)} has the unknown critical extension ${problem.oid}`;
    case "no-certificate":
      return "the signer's certificate is neither in the signature nor trusted";
    case "stray-certificate":
      return `its signature contains an unrelated certificate of ${quote(problem.name)}`;
    case "bad-chain":
      return `${quote(problem.issuer)} did not sign the certificate of ${quote(problem.name)}`;
    case "untrusted":
      return `${quote(problem.name)}, certified by ${quote(problem.issuer)}, is not trusted`;
    case "expired":
      return `the certificate of ${quote(problem.name)} expired on ${problem.lastDay}`;
    case "revoked":
      return `the certificate of ${quote(problem.name)} is revoked`;
    case "usage":
      return `the certificate of ${quote(problem.name)} is not allowed to ${problem.wanted}`;
    case "path-length":
      return `the certificate of ${quote(problem.name)} makes the chain too long`;
    case "other-content":
      return "its signature does not match this file";
    case "bad-signature":
      return `its signature was not made by ${quote(problem.signer)}`;
  }
}

function about(name: string | undefined): string {
  return name === undefined ? "its signature uses" : `the certificate of ${quote(name)} uses`;
}
