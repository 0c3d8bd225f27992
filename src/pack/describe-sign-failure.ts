import { describeSignatureProblem } from "../image/sign/describe-signature-problem.ts";
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
    case "no-openssl":
      return "openssl not found: install the package openssl";
    case "no-command":
      return `${quote(failure.command)} is not executable: install it, or change SignCommand= in exitrd-build.conf(5)`;
    case "failed":
      return `${showBytes(failure.program)}: ${showBytes(failure.words)}: ${failure.program === "openssl" ? "check --key and --cert, or Sign= in exitrd-build.conf(5)" : `its exit status is ${failure.status}`}`;
    case "useless":
      return `no machine would accept it: ${describeSignatureProblem(failure.problem)}: sign with another key or certificate`;
    case "no-partition-types":
      return `disk images have no partition type for ${failure.machine}: leave --seal out`;
    case "unwritable":
      return `cannot write ${quote(failure.path)}: ${failure.error.words}: name a writable place`;
  }
}
