import { describeSignatureProblem } from "../image/sign/describe-signature-problem.ts";
import { showBytes } from "../text/show-bytes.ts";
import type { SignFailure } from "./sign-image.ts";

/** Says why `image` was not signed, and the cure: "cannot sign '…': …". */
export function describeSignFailure(image: string, failure: SignFailure): string {
  return `cannot sign '${image}': ${describeReason(failure)}`;
}

function describeReason(failure: SignFailure): string {
  switch (failure.kind) {
    case "unreadable":
      return `${failure.error.words}: build it with 'exitrd build'`;
    case "no-openssl":
      return "there is no openssl: install the package openssl";
    case "no-command":
      return `'${failure.command}' cannot be executed: install it, or change SignCommand= in exitrd-build.conf(5)`;
    case "failed":
      return `${failure.program}: ${showBytes(failure.words)}: ${failure.program === "openssl" ? "look at --key and --cert, or Sign= in exitrd-build.conf(5)" : `its exit status is ${failure.status}`}`;
    case "useless":
      return `no machine would take it: ${describeSignatureProblem(failure.problem)}: sign with another key or certificate`;
    case "no-partition-types":
      return `no partition of a disk image has a type for ${failure.machine}: leave --seal out`;
    case "unwritable":
      return `cannot write '${failure.path}': ${failure.error.words}: give it a place that can be written to`;
  }
}
