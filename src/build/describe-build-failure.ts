import type { ProgramRole } from "../core/image/added-program.ts";
import { describeProblem } from "../core/image/describe-problem.ts";
import type { BuildFailure } from "./build-image.ts";

/** Says why there is no new image, and what to do: "cannot read '…': …". */
export function describeBuildFailure(failure: BuildFailure): string {
  switch (failure.kind) {
    case "no-shutdown":
      return `cannot read '${failure.path}': ${failure.error.words}: reinstall the package, or name the program with --shutdown`;
    case "unreadable":
      return `cannot read '${failure.path}': ${failure.error.words}`;
    case "bad-name":
      return `cannot add '${failure.path}': ${sayName(failure.role)}`;
    case "same-name":
      return `cannot add '${failure.path}': another one has its place: rename it`;
    case "no-executable-bit":
      return `cannot add '${failure.path}': it is not executable: chmod +x it`;
    case "no-interpreter":
      return `cannot add '${failure.path}': its interpreter '${failure.interpreter}' is not in the image: add a static shell as /bin/sh with --shell, and name that`;
    case "too-large":
      return "cannot build: more than 63 MiB: leave something out";
    case "unwritable":
      return `cannot write '${failure.path}': ${failure.error.words}${cureOf(failure.error.code)}`;
    case "elf": {
      const sentence = describeProblem({ ...failure });
      return `cannot build: ${sentence}: it has to be a static program for this architecture`;
    }
  }
}

function sayName(role: ProgramRole): string {
  return role === "hook"
    ? "a hook's name is NN-name, two digits for its turn: rename it"
    : "its name is not safe: rename it";
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
