import { describeSignatureProblem } from "../image/sign/describe-signature-problem.ts";
import type { SignatureProblem } from "../image/sign/signature-problem.ts";
import { clip } from "../text/columns.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import type { SignFailure } from "./sign-image.ts";

/** Describes why `image` was not signed, and what to do: "cannot sign '…': …". */
export function describeSignFailure(image: string, failure: SignFailure): string {
  return `cannot sign ${quote(image)}: ${describeReason(failure)}`;
}

function describeReason(failure: SignFailure): string {
  switch (failure.kind) {
    case "unreadable":
      return `${failure.error.words}: build it with 'exitrd build'`;
    case "not-an-image":
      return "it is neither a whole exitrd image nor an extension: build one with 'exitrd build'";
    case "no-openssl":
      return "openssl not found: install the package openssl";
    case "no-command":
      return `${quote(failure.command)} is not executable: install it, or change SignCommand= in exitrd-build.conf(5)`;
    case "failed":
      return failure.program === "openssl"
        ? describeOpenssl(failure.words)
        : `${showBytes(failure.program)}: ${showBytes(failure.words)}: its exit status is ${failure.status}`;
    case "useless":
      return `no machine would accept it: ${describeSignatureProblem(failure.problem)}: ${cureSigning(failure.problem)}`;
    case "no-partition-types":
      return `disk images have no partition type for ${failure.machine}: leave --seal out`;
    case "unwritable":
      return `cannot write ${quote(failure.path)}: ${failure.error.words}: name a writable place`;
  }
}

function cureSigning(problem: SignatureProblem): string {
  switch (problem.kind) {
    case "weak":
    case "unsupported":
      return "use an RSA key of 2,048 to 8,192 bits, or an EC key on P-256, P-384 or P-521";
    case "stray-certificate":
      return "leave it out of --chain, or add each certificate that is between";
    default:
      return "sign with another key or certificate";
  }
}

/** What openssl's messages mean for the caller, by words that it has used since version 1.1. */
const opensslWords: readonly (readonly [RegExp, string])[] = [
  [
    /key values mismatch|key does not match|different key types/,
    "the key and the certificate do not belong together: check --key and --cert",
  ],
  [
    /eddsa|invalid digest|unsupported algorithm|operation not supported for this keytype/,
    "this type of key is not supported: use an RSA or ECDSA key",
  ],
  [
    /unregistered scheme/,
    "openssl has no module for this kind of key: install one, such as pkcs11-provider, and name it with --provider or --engine",
  ],
  [/bad decrypt|bad password|maybe wrong password/, "the passphrase is wrong: try again"],
  [
    /Enter pass phrase|user interface error|problems getting password/,
    "the key needs a passphrase: run it on a terminal, or pipe the passphrase in",
  ],
];

/** Messages with the name of the file, but without a reason. */
const noKey = /Could not (?:read|find|open).*key/i;

function describeOpenssl(words: string): string {
  const known = opensslWords.find(([pattern]) => pattern.test(words));
  if (known !== undefined) return known[1];
  const cure = noKey.test(words)
    ? "there is no usable key there, or the passphrase is wrong: check --key"
    : "check --key and --cert, or Sign= in exitrd-build.conf(5)";
  return `openssl: ${clip(showBytes(words), 160)}: ${cure}`;
}
