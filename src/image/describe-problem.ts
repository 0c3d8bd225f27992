import { quote } from "../text/show-bytes.ts";
import { describeForm } from "./disk-image/describe-form-problem.ts";
import type { ElfProblem, ImageProblem } from "./problem.ts";

const elfReasons: Readonly<Record<ElfProblem["reason"], string>> = {
  "not-elf": "is no 64-bit little-endian ELF file",
  truncated: "is a truncated ELF file",
  "not-executable": "is an ELF file, but no executable",
  interpreter: "is not statically linked",
  machine: "is built for another architecture",
  "bad-note": "has a .note.dlopen that is not valid",
};

/** Says in half a sentence what is wrong with an image, for "cannot load '…': <this>". */
export function describeProblem(problem: ImageProblem): string {
  switch (problem.kind) {
    case "zstd":
      return problem.reason;
    case "truncated":
      return `the archive is truncated at byte ${problem.at}`;
    case "bad-magic":
      return `the archive has no newc header at byte ${problem.at}`;
    case "bad-field":
      return `the archive has a bad '${problem.field}' at byte ${problem.at}`;
    case "trailing":
      return `the archive goes on after its end, at byte ${problem.at}`;
    case "too-many-entries":
      return `the archive has more than ${problem.limit} entries`;
    case "unsafe-path":
      return `the path ${quote(problem.path)} is unsafe`;
    case "duplicate":
      return `${quote(problem.path)} is in it twice`;
    case "no-parent":
      return `${quote(problem.path)} comes before its directory`;
    case "bad-type":
      return `${quote(problem.path)} is no plain file or directory (mode ${problem.mode.toString(8)})`;
    case "not-ours":
      return "its file system is not as 'exitrd seal' writes it";
    case "unknown-form":
    case "table":
    case "partitions":
    case "verity":
    case "verity-signature":
      return describeForm(problem);
    case "no-manifest":
      return "it has no manifest.json";
    case "bad-manifest":
      return `manifest.json is not valid: ${problem.reason}`;
    case "manifest-format":
      return `it is of format ${problem.format}, which this version does not know`;
    case "missing":
      return `${quote(problem.path)} is missing`;
    case "extra":
      return `${quote(problem.path)} is not in its manifest`;
    case "loaders-own":
      return `${quote(problem.path)} is in it, which only 'exitrd load' may write`;
    case "changed":
      return `${quote(problem.path)} does not match its manifest (${problem.what})`;
    case "shutdown-not-last":
      return "'shutdown' is not its last entry";
    case "architecture":
      return `it is for ${problem.image}, this machine is ${problem.machine}`;
    case "elf":
      return `${quote(problem.path)} ${elfReasons[problem.reason]}`;
  }
}
