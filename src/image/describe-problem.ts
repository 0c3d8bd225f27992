import { quote, showBytes } from "../text/show-bytes.ts";
import { describeForm } from "./disk-image/describe-form-problem.ts";
import type { ElfProblem, ImageProblem } from "./problem.ts";

const elfReasons: Readonly<Record<ElfProblem["reason"], string>> = {
  "not-elf": "is not a 64-bit little-endian ELF file",
  truncated: "is a truncated ELF file",
  "not-executable": "is an ELF file, but not an executable",
  interpreter: "is not statically linked",
  machine: "is built for another architecture",
  "bad-note": "has an invalid .note.dlopen",
};

/** Describes a problem with an image, without a verb in front: "cannot load '…': <this>". */
export function describeProblem(problem: ImageProblem): string {
  switch (problem.kind) {
    case "zstd":
      return `it is not a complete exitrd image (${problem.reason})`;
    case "truncated":
      return `the archive is truncated at byte ${problem.at}`;
    case "bad-magic":
      return `the archive has no newc header at byte ${problem.at}`;
    case "bad-field":
      return `the archive has a bad ${quote(problem.field)} at byte ${problem.at}`;
    case "trailing":
      return `the archive has data after its end, at byte ${problem.at}`;
    case "too-many-entries":
      return `the archive has more than ${problem.limit} entries`;
    case "unsafe-path":
      return `the path ${quote(problem.path)} is unsafe`;
    case "unsafe-link":
      return `the link ${quote(problem.path)} is unsafe`;
    case "duplicate":
      return `duplicate entry ${quote(problem.path)}`;
    case "no-parent":
      return `${quote(problem.path)} comes before its directory`;
    case "bad-type":
      return `${quote(problem.path)} is not a regular file, directory or link (mode ${problem.mode.toString(8)})`;
    case "not-ours":
      return "its file system was not written by 'exitrd sign --seal'";
    case "unknown-form":
    case "table":
    case "partitions":
    case "verity":
    case "verity-signature":
      return describeForm(problem);
    case "no-manifest":
      return "it has no manifest.json";
    case "bad-manifest":
      return `invalid manifest.json: ${showBytes(problem.reason)}`;
    case "manifest-format":
      return `manifest format ${problem.format} is not supported by this version`;
    case "missing":
      return `${quote(problem.path)} is missing`;
    case "extra":
      return `${quote(problem.path)} is not in its manifest`;
    case "loaders-own":
      return `it contains ${quote(problem.path)}, which only 'exitrd load' may write`;
    case "changed":
      return `${quote(problem.path)} does not match its manifest (${problem.what})`;
    case "shutdown-not-last":
      return "'shutdown' is not its last entry";
    case "architecture":
      return `it was built for ${problem.image}, but this machine is ${problem.machine}`;
    case "elf":
      return `${quote(problem.path)} ${elfReasons[problem.reason]}`;
  }
}
