import { describeExtensionProblem } from "../extension/describe-extension-problem.ts";
import type { ProgramRole } from "../image/added-program.ts";
import { describeProblem } from "../image/describe-problem.ts";
import { describeInitrdProblem, type InitrdProblem } from "../image/initrd/initrd-problem.ts";
import { describeEnd } from "../teardown/report/program-end.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import type { BuildFailure } from "./build-image.ts";
import { describeSignFailure } from "./describe-sign-failure.ts";
import { nameUnpacker } from "./read-initrd-part.ts";

/** Describes why no image was built, and what to do: "cannot read '…': …". */
export function describeBuildFailure(failure: BuildFailure): string {
  switch (failure.kind) {
    case "no-shutdown":
      return `cannot read ${quote(failure.path)}: ${failure.error.words}: reinstall the package, or name the program with --shutdown`;
    case "not-shutdown":
      return `cannot build: ${quote(failure.path)} is not an exitrd-shutdown: as process 1 it would release nothing: leave --shutdown out`;
    case "unreadable":
      return `cannot read ${quote(failure.path)}: ${failure.error.words}: ${cureReading(failure.error.code)}`;
    case "bad-name":
      return `cannot add ${quote(failure.path)}: ${sayName(failure.role)}`;
    case "same-name":
      return `cannot add ${quote(failure.path)}: another file is already at its path: rename it, or leave one out`;
    case "no-executable-bit":
      return `cannot add ${quote(failure.path)}: it is not executable: chmod +x it`;
    case "cr-lf":
      return `cannot add ${quote(failure.path)}: its first line ends in CR LF: convert it with dos2unix(1)`;
    case "no-interpreter":
      return `cannot add ${quote(failure.path)}: its interpreter ${quote(failure.interpreter)} is not in the image: add it with '--tool ${showBytes(failure.interpreter)}', or a static shell as /bin/sh with --shell`;
    case "no-library":
      return `cannot add ${quote(failure.path)}: ${quote(failure.library)}, which ${quote(failure.file)} needs, was not found: install its package`;
    case "foreign-tool":
      return `cannot add ${quote(failure.path)}: tools are copied from this machine, which is ${failure.machine}: build on the target machine`;
    case "does-not-run":
      return `cannot add ${quote(failure.path)}: it failed in the new tree: ${describeEnd(failure.end)}${failure.words && `: ${showBytes(failure.words)}`}: leave it out, or add what it needs`;
    case "cannot-run":
      return `cannot run the tools in the new tree: ${failure.error.syscall}: ${failure.error.words}: ${cureRunning(failure.error.code)}`;
    case "keeps-signed":
      return `cannot replace ${quote(failure.path)}: it is signed, this machine loads only signed images, and the new one is not: set Sign= in exitrd-build.conf(5), or build it with --output and sign it`;
    case "unsigned":
      return `${describeSignFailure(failure.path, failure.failure)}; the old image is as it was`;
    case "old-signature":
      return `cannot remove ${quote(failure.path)}: ${failure.error.words}: remove it first, since the new image could not be loaded beside it; the old image is unchanged`;
    case "too-large":
      return "cannot build: the image is larger than 63 MiB: leave something out";
    case "not-loadable":
      return `cannot build: 'exitrd load' would reject the new image: ${describeProblem(failure.problem)}: leave out what was added; the old image is unchanged`;
    case "unwritable":
      return `cannot write ${quote(failure.path)}: ${failure.error.words}${cureOf(failure.error.code)}`;
    case "no-initrd":
      return `cannot read ${quote(failure.path)}: ${failure.error.words}: name an initrd, or a kernel image that contains one, with --base initrd=FILE`;
    case "bad-initrd":
      return `cannot build on ${quote(failure.path)}: ${describeInitrdProblem(failure.problem)}: ${cureInitrd(failure.problem)}`;
    case "extension":
      return `cannot add ${quote(failure.path)}: ${describeExtensionProblem(failure.problem)}`;
    case "elf": {
      const cure = cureElf[failure.reason] ?? "it must be a static program for this architecture";
      return `cannot build: ${describeProblem(failure)}: ${cure}`;
    }
  }
}

const cureElf: Readonly<Record<string, string>> = {
  "bad-note": "leave it out",
  "not-elf": "it must be a static program, or a script whose first line begins with '#!'",
};

function cureInitrd(problem: InitrdProblem): string {
  return problem.kind === "packed"
    ? `install ${nameUnpacker(problem.compression)}, which unpacks it`
    : "name another one with --base initrd=FILE";
}

function cureReading(code: string): string {
  switch (code) {
    case "EACCES":
    case "EPERM":
      return "run it as root";
    case "EFBIG":
      return "it is too large for an image: leave it out";
    default:
      return "install it, or leave it out";
  }
}

function sayName(role: ProgramRole): string {
  switch (role) {
    case "hook":
      return "a hook must be named NN-name, with a two-digit sequence number: rename it";
    case "tool":
      return "give the tool's absolute path, which must not be below /dev, /etc, /proc, /run or /sys";
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
      return ": create its directory first, or name another file with --output";
    case "ENOSPC":
    case "EDQUOT":
      return ": free some space there; the old image is unchanged";
    default:
      return ": name another file with --output; the old image is unchanged";
  }
}

function cureRunning(code: string): string {
  const isFull = ["ENOSPC", "EFBIG", "ENOMEM"].includes(code);
  return isFull ? "free some memory, and check ulimit" : "run it as root, outside a container";
}
