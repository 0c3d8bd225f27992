import { describeProblem } from "../image/describe-problem.ts";
import { describeForm } from "../image/disk-image/describe-form-problem.ts";
import type {
  FileProblem,
  ProgramProblem,
  RefusedType,
  ReleaseProblem,
} from "../image/extension/problem.ts";
import type { ElfProblem } from "../image/problem.ts";
import type { SysFailure } from "../port/sys-error.ts";
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

/** Describes why an extension is rejected, and what to do: "cannot add 'X.raw': <this>". */
export function describeExtensionProblem(problem: ExtensionProblem): string {
  switch (problem.kind) {
    case "bad-name":
      return "its name may only contain letters, digits and '._+~-': rename it";
    case "unreadable":
      return `${problem.error.words}${cureReading(problem.error)}`;
    case "failed":
      return `cannot read it (${problem.reason}): leave it out`;
    case "not-looked-at":
      return `it is one of ${problem.count} beyond the limit of 64 extensions or 256 MiB: remove some`;
    case "no-room":
      return "not enough space for it and the other extensions: leave one of them out";
    case "unmountable":
      return `cannot mount its ${problem.type}: ${problem.error.words}: ${cureMounting(problem.type, problem.error)}`;
    case "unsigned":
      return `no signature ${quote(problem.signature)}: sign it with 'exitrd sign', or remove it`;
    case "unsigned-directory":
      return "a directory cannot be signed: create a squashfs or erofs from it, and sign that";
    case "bad-signature":
      return `${problem.reason}: download it again, or sign it with 'exitrd sign'`;
    case "no-release":
    case "mismatch":
      return describeRelease(problem);
    case "hook-name":
    case "no-executable-bit":
    case "program":
    case "cr-lf":
    case "no-interpreter":
      return describeProgram(problem);
    case "unknown-form":
    case "table":
    case "partitions":
    case "verity":
    case "verity-signature":
      return `${describeForm(problem)}: download or build it again`;
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
    return `it has neither 'usr/lib/${file}' nor 'etc/${file}': rename the extension to match its release file`;
  }
  const { field, found, wanted } = problem;
  const says = found === undefined ? `has no ${field}=` : `has ${field}=${showBytes(found)}`;
  return `its extension-release ${says}, expected ${quote(wanted)}: use the extension for this version of exitrd`;
}

function describeFile(problem: FileProblem): string {
  switch (problem.kind) {
    case "unsafe-path":
      return `the path ${quote(problem.path)} is unsafe: leave it out`;
    case "bad-type":
      return `${quote(problem.path)} ${types[problem.type]}: only regular files and directories without special permissions are allowed`;
    case "outside":
      return `${quote(problem.path)} is not below ${problem.roots.map((root) => `'${root}/'`).join(" or ")}: leave it out`;
    case "reserved":
      return `${quote(problem.path)} is reserved for exitrd: leave it out`;
    case "collision": {
      const owner =
        problem.owner === undefined ? "the image" : `the extension ${quote(problem.owner)}`;
      return `${quote(problem.path)} is already in ${owner}: leave one of them out`;
    }
    case "too-many-files":
      return `it has more than ${problem.limit} files: leave some out`;
    case "too-large":
      return `it is larger than ${problem.limit >> 20} MiB: leave something out`;
  }
}

function describeProgram(problem: ProgramProblem): string {
  const { kind, path } = problem;
  switch (kind) {
    case "hook-name":
      return `${quote(path)} is not a hook's name (NN-name, with a two-digit sequence number): rename it`;
    case "no-executable-bit":
      return `${quote(path)} is not executable: chmod +x it`;
    case "program":
      return `${sayElf(path, problem.reason)}: it must be a static program for this architecture`;
    case "cr-lf":
      return `the first line of ${quote(problem.path)} ends in CR LF: convert it with dos2unix(1)`;
    case "no-interpreter":
      return `the interpreter ${quote(problem.interpreter)} of ${quote(path)} is not in the image: add a static interpreter to the extension, and use that`;
  }
}

function sayElf(path: string, reason: ElfProblem["reason"]): string {
  return describeProblem({ kind: "elf", path, reason });
}

function cureReading({ code }: SysFailure): string {
  if (code === "EACCES" || code === "EPERM") return ": run it as root";
  return code === "EFBIG" ? ": it is too large for an extension: leave something out" : "";
}

function cureMounting(type: string, { syscall, code }: SysFailure): string {
  if (code === "EPERM" || code === "EACCES") return "run it as root, outside a container";
  if (syscall === "fsopen") return `load the module ${quote(type)}, and add it to the initrd`;
  if (syscall === "open") return "load the module 'loop', and add it to the initrd";
  return "download or build it again";
}
