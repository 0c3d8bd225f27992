import { describeExtensionProblem } from "../extension/describe-extension-problem.ts";
import type { ProgramRole } from "../image/added-program.ts";
import { describeProblem } from "../image/describe-problem.ts";
import { describeEnd } from "../teardown/report/program-end.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import type { BuildFailure } from "./build-image.ts";
import { describeSignFailure } from "./describe-sign-failure.ts";

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
      return `cannot add '${failure.path}': another one has its place: rename it, or leave one out`;
    case "no-executable-bit":
      return `cannot add '${failure.path}': it is not executable: chmod +x it`;
    case "no-interpreter":
      return `cannot add '${failure.path}': its interpreter '${failure.interpreter}' is not in the image: add a static shell as /bin/sh with --shell and name that, or add it with --tool`;
    case "no-library":
      return `cannot add ${quote(failure.path)}: ${quote(failure.library)}, which ${quote(failure.file)} needs, is not found: install the package that has it`;
    case "foreign-tool":
      return `cannot add ${quote(failure.path)}: tools are taken from this machine, which is ${failure.machine}: build it on the other one`;
    case "does-not-run":
      return `cannot add ${quote(failure.path)}: run in the new tree, it failed: ${describeEnd(failure.end)}${failure.words && `: ${showBytes(failure.words)}`}: leave it out, or add what it misses`;
    case "cannot-run":
      return `cannot run the tools in the new tree: ${failure.error.syscall}: ${failure.error.words}: run it as root, outside a container`;
    case "keeps-signed":
      return `cannot replace '${failure.path}': it is signed, this machine loads only signed images, and the new one is not: set Sign= in exitrd-build.conf(5), or build it with --output and sign it`;
    case "unsigned":
      return `${describeSignFailure(failure.path, failure.failure)}; the old image is as it was`;
    case "old-signature":
      return `cannot remove '${failure.path}': ${failure.error.words}: remove it, or the new image is not loaded`;
    case "too-large":
      return "cannot build: more than 63 MiB: leave something out";
    case "not-loadable":
      return `cannot build: 'exitrd load' would refuse the new image: ${describeProblem(failure.problem)}: leave out what was added; the old image is as it was`;
    case "unwritable":
      return `cannot write '${failure.path}': ${failure.error.words}${cureOf(failure.error.code)}`;
    case "extension":
      return `cannot add ${quote(failure.path)}: ${describeExtensionProblem(failure.problem)}`;
    case "elf": {
      const cure =
        failure.reason === "bad-note"
          ? "leave it out"
          : "it has to be a static program for this architecture";
      return `cannot build: ${describeProblem(failure)}: ${cure}`;
    }
  }
}

function sayName(role: ProgramRole): string {
  switch (role) {
    case "hook":
      return "a hook's name is NN-name, two digits for its turn: rename it";
    case "tool":
      return "a tool is named by its absolute path, in a directory that the image has room for, such as /usr/bin";
    case "system-shutdown":
    case "shell":
      return "its name is not safe: rename it";
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
