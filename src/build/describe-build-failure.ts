import { describeProblem } from "../core/image/describe-problem.ts";
import type { BuildFailure } from "./build-image.ts";

/** Says why there is no new image, and what to do: "cannot read '…': …". */
export function describeBuildFailure(failure: BuildFailure): string {
  switch (failure.kind) {
    case "unreadable":
      return `cannot read '${failure.path}': ${failure.error.words}: reinstall the package, or name the program with --shutdown`;
    case "unwritable":
      return `cannot write '${failure.path}': ${failure.error.words}${cureOf(failure.error.code)}`;
    case "elf": {
      const sentence = describeProblem({ ...failure });
      return `cannot build: ${sentence}: name a static program for this architecture with --shutdown`;
    }
  }
}

function cureOf(code: string): string {
  switch (code) {
    case "EACCES":
    case "EPERM":
      return ": run it as root, or name another file with --output";
    case "ENOENT":
      return ": make its directory first, or name another file with --output";
    case "ENOSPC":
    case "EDQUOT":
      return ": free some space there; the old image is as it was";
    default:
      return ": the old image is as it was; name another file with --output";
  }
}
