import { checkElf } from "../core/image/elf.ts";
import { largestImage } from "../core/image/manifest.ts";
import type { Codec } from "../port/codec.ts";
import type { FileReader, FileWriter } from "../port/files.ts";
import { type SysFailure, trySys } from "../port/sys-failure.ts";
import { makeImage } from "./make-image.ts";
import {
  largestProgram,
  type ProgramFile,
  type ProgramProblem,
  readPrograms,
} from "./read-programs.ts";

export interface BuildRequest {
  /** The program that becomes /shutdown. */
  readonly shutdown: string;
  readonly output: string;
  readonly version: string;
  readonly architecture: string;
  /** Seconds since the epoch, for every entry. */
  readonly mtime: number;
  /** Hooks and what they need. */
  readonly programs: readonly ProgramFile[];
}

export interface BuildPorts {
  readonly files: FileReader & FileWriter;
  readonly codec: Codec;
}

export type BuildFailure =
  | { readonly kind: "no-shutdown"; readonly path: string; readonly error: SysFailure }
  | { readonly kind: "unwritable"; readonly path: string; readonly error: SysFailure }
  /** The loader would refuse it. */
  | { readonly kind: "too-large" }
  | ProgramProblem;

export type BuildResult =
  | { readonly kind: "built"; readonly size: number; readonly digest: string }
  | { readonly kind: "failed"; readonly failure: BuildFailure };

// For headers, paddings and the manifest.
const HEADROOM = 1024 * 1024;

/** Builds an image and puts it in place as one step; after a failure the old one is untouched. */
export function buildImage(request: BuildRequest, ports: BuildPorts): BuildResult {
  const { files, codec } = ports;
  const { shutdown, output, version, architecture, mtime } = request;
  const program = trySys(() => files.readBytes(shutdown, largestProgram));
  if (!program.ok) return fail({ kind: "no-shutdown", path: shutdown, error: program.problem });
  const reason = checkElf(program.value, architecture);
  if (reason !== undefined) return fail({ kind: "elf", path: shutdown, reason });
  const programs = readPrograms(request.programs, architecture, files);
  if (!programs.ok) return fail(programs.problem);
  const size = programs.value.reduce((sum, { data }) => sum + data.length, program.value.length);
  if (size > largestImage - HEADROOM) return fail({ kind: "too-large" });
  const input = { version, architecture, shutdown: program.value, programs: programs.value };
  const image = makeImage(input, mtime, codec);
  const written = trySys(() => files.replaceFile(output, image, 0o644));
  if (!written.ok) return fail({ kind: "unwritable", path: output, error: written.problem });
  return { kind: "built", size: image.length, digest: codec.sha256(image) };
}

function fail(failure: BuildFailure): BuildResult {
  return { kind: "failed", failure };
}
