import { describeProblem } from "../image/describe-problem.ts";
import { describeForm } from "../image/disk-image/describe-form-problem.ts";
import type {
  FileProblem,
  ProgramProblem,
  RefusedType,
  ReleaseProblem,
} from "../image/extension/problem.ts";
import type { ElfProblem } from "../image/problem.ts";
import type { SysFailure } from "../port/sys-failure.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import type { ExtensionProblem } from "./extension-problem.ts";

const types: Readonly<Record<RefusedType, string>> = {
  link: "is a symbolic link",
  "hard-link": "has a second name (hard link)",
  device: "is a device node",
  fifo: "is a FIFO",
  socket: "is a socket",
  "set-id": "has set-user-id, set-group-id or the sticky bit",
  capability: "has file capabilities",
};

/** Says why an extension is refused, and what to do: "cannot add 'X.raw': <this>". */
export function describeExtensionProblem(problem: ExtensionProblem): string {
  switch (problem.kind) {
    case "bad-name":
      return "its name has more than letters, digits and '._+~-': rename it";
    case "unreadable":
      return `${problem.error.words}${cureReading(problem.error)}`;
    case "failed":
      return `it cannot be read (${problem.reason}): leave it out`;
    case "not-looked-at":
      return `it is one of ${problem.count} beyond the 64 extensions, or 256 MiB of them, that are looked at: remove some`;
    case "no-room":
      return "there is no room for it beside the others: leave one of them out";
    case "unmountable":
      return `cannot mount its ${problem.type}: ${problem.error.words}: ${cureMounting(problem.type, problem.error)}`;
    case "unsigned":
      return `there is no signature ${quote(problem.signature)}: sign it with 'exitrd sign', or remove it`;
    case "unsigned-directory":
      return "a directory cannot be signed: make a squashfs or erofs of it, and sign that";
    case "bad-signature":
      return `${problem.reason}: get it anew, or sign it with 'exitrd sign'`;
    case "no-release":
    case "mismatch":
      return describeRelease(problem);
    case "hook-name":
    case "no-executable-bit":
    case "program":
    case "no-interpreter":
      return describeProgram(problem);
    case "unknown-form":
    case "table":
    case "partitions":
    case "verity":
    case "verity-signature":
      return `${describeForm(problem)}: get it anew, or build it again`;
    case "unsafe-path":
    case "bad-type":
    case "outside":
    case "reserved":
    case "collision":
    case "too-many-files":
    case "too-large":
      return describeFile(problem);
  }
}

function describeRelease(problem: ReleaseProblem): string {
  if (problem.kind === "no-release") {
    const file = `extension-release.d/extension-release.${problem.name}`;
    return `it has neither 'usr/lib/${file}' nor 'etc/${file}': name it as that says`;
  }
  const { field, found, wanted } = problem;
  const says = found === undefined ? `has no ${field}=` : `has ${field}=${showBytes(found)}`;
  return `its extension-release ${says}, needed is '${wanted}': get the one for this exitrd`;
}

function describeFile(problem: FileProblem): string {
  switch (problem.kind) {
    case "unsafe-path":
      return `the path ${quote(problem.path)} is unsafe: leave it out`;
    case "bad-type":
      return `${quote(problem.path)} ${types[problem.type]}: it may only have plain files and directories that grant nothing`;
    case "outside":
      return `${quote(problem.path)} is not below ${problem.roots.map((root) => `'${root}/'`).join(" or ")}: leave it out`;
    case "reserved":
      return `${quote(problem.path)} is a file of exitrd's own: leave it out`;
    case "collision": {
      const owner = problem.owner === undefined ? "the image" : `the extension '${problem.owner}'`;
      return `${quote(problem.path)} is in ${owner} already: leave one of them out`;
    }
    case "too-many-files":
      return `it has more than ${problem.limit} files: leave some out`;
    case "too-large":
      return `it has more than ${problem.limit >> 20} MiB: leave something out`;
  }
}

function describeProgram(problem: ProgramProblem): string {
  const { kind, path } = problem;
  switch (kind) {
    case "hook-name":
      return `${quote(path)} has no hook's name, which is NN-name, two digits for its turn: rename it`;
    case "no-executable-bit":
      return `${quote(path)} is not executable: chmod +x it`;
    case "program":
      return `${sayElf(path, problem.reason)}: it has to be a static program for this architecture`;
    case "no-interpreter":
      return `the interpreter ${quote(problem.interpreter)} of ${quote(path)} is not in the tree: put a static one into the extension, and name that`;
  }
}

function sayElf(path: string, reason: ElfProblem["reason"]): string {
  return describeProblem({ kind: "elf", path, reason });
}

function cureReading({ code }: SysFailure): string {
  if (code === "EACCES" || code === "EPERM") return ": run it as root";
  return code === "EFBIG" ? ": no extension is that large: leave something out" : "";
}

function cureMounting(type: string, { syscall, code }: SysFailure): string {
  if (code === "EPERM" || code === "EACCES") return "run it as root, outside a container";
  if (syscall === "fsopen") return `load the module '${type}', and have it in the initrd`;
  if (syscall === "open") return "load the module 'loop', and have it in the initrd";
  return "get it anew, or build it again";
}
