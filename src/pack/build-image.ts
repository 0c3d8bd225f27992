import type { AddedProgram } from "../image/added-program.ts";
import { composeImage, listBase, noInitrd } from "../image/compose-image.ts";
import type { CpioEntry } from "../image/cpio-entry.ts";
import { isShutdownProgram } from "../image/elf/shutdown-note.ts";
import { checkElf } from "../image/elf.ts";
import { chooseImageMode, chooseMode } from "../image/entry-mode.ts";
import { identify } from "../image/extension/record.ts";
import { mapEntries } from "../image/find-entry.ts";
import { hasDracutHook } from "../image/initrd/hooks.ts";
import { largestImage } from "../image/manifest.ts";
import type { ImageProblem } from "../image/problem.ts";
import { makeRelease } from "../image/release.ts";
import { nextSignatureOf, signatureOf } from "../image/sign/signature-path.ts";
import { LARGEST_SIGNATURE } from "../image/sign/verify-detached.ts";
import { checkImage } from "../load/check-image.ts";
import type {
  Codec,
  Commands,
  ExtensionTrees,
  FileReader,
  FileWriter,
  OutputWriter,
  StagedRuns,
} from "../port/loader.ts";
import { attempt, type SysFailure, trySys } from "../port/sys-error.ts";
import { equalBytes } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { manifestPath } from "../text/tree-paths.ts";
import type { HostFile, MissingLibrary } from "./collect-tools.ts";
import { findOwners } from "./find-owners.ts";
import { packImage } from "./make-image.ts";
import { largestProgram, type ProgramProblem } from "./program-problem.ts";
import { type BadExtension, readExtensions } from "./read-extensions.ts";
import {
  type InitrdFailure,
  type InitrdRequest,
  type ReadInitrd,
  readInitrdPart,
} from "./read-initrd-part.ts";
import { type ProgramFile, readPrograms } from "./read-programs.ts";
import { type RunProblem, runTools } from "./run-tools.ts";
import type { SignFailure } from "./sign-image.ts";

export interface BuildRequest {
  /** The path of the program that becomes /shutdown. */
  readonly shutdown: string;
  readonly output: string;
  readonly version: string;
  readonly imageVersion: number;
  readonly architecture: string;
  /** Seconds since the epoch, for every entry. */
  readonly mtime: number;
  /** Hooks, tools and the files that they need. */
  readonly programs: readonly ProgramFile[];
  /** What to do with an existing image that has the same contents. */
  readonly same: "replace" | "keep";
  /** What to do with a signed image if the new one has no signature. */
  readonly signed: "replace" | "keep";
  /** Signs the new image; undefined if it shall have no signature. */
  readonly signer: ImageSigner | undefined;
  /** The paths of extensions, files or directories. */
  readonly extensions: readonly string[];
  /** The initrd that the image is based on; undefined for none. */
  readonly base: InitrdRequest | undefined;
}

export interface ImageSigner {
  sign(image: Uint8Array): Checked<Uint8Array, SignFailure>;
  /** Whether `signature` is a valid one of `image`. */
  accepts(image: Uint8Array, signature: Uint8Array): boolean;
  /** Whether `signature` was made for `image`, by this signer or another one. */
  isMadeFor(image: Uint8Array, signature: Uint8Array): boolean;
}

export interface BuildPorts {
  readonly files: FileReader & FileWriter & OutputWriter;
  readonly codec: Codec;
  readonly staged: StagedRuns;
  /** The machine field of uname(2). */
  readonly machine: string;
  readonly extensionTrees: ExtensionTrees;
  readonly commands: Commands;
}

export type BuildFailure =
  | { readonly kind: "no-shutdown"; readonly path: string; readonly error: SysFailure }
  /** A program that is not an exitrd-shutdown. */
  | { readonly kind: "not-shutdown"; readonly path: string }
  | { readonly kind: "unwritable"; readonly path: string; readonly error: SysFailure }
  /** The new image would have no signature, and this machine loads only signed images. */
  | { readonly kind: "keeps-signed"; readonly path: string }
  | { readonly kind: "unsigned"; readonly path: string; readonly failure: SignFailure }
  /** The signature of the old image, which would prevent the new one from being loaded. */
  | { readonly kind: "old-signature"; readonly path: string; readonly error: SysFailure }
  /** The loader would reject it. */
  | { readonly kind: "too-large" }
  | { readonly kind: "not-loadable"; readonly problem: ImageProblem }
  | ProgramProblem
  | RunProblem
  | InitrdFailure
  | BadExtension;

export type BuildResult =
  | {
      readonly kind: "built";
      readonly size: number;
      readonly digest: string;
      readonly left: readonly MissingLibrary[];
      readonly base: ReadInitrd | undefined;
      /** Whether a signature of the old image was removed. */
      readonly unsigned: boolean;
    }
  | { readonly kind: "same" }
  | { readonly kind: "failed"; readonly failure: BuildFailure };

interface Contents {
  readonly entries: readonly CpioEntry[];
  /** Programs to be run before the image is put in place. */
  readonly tools: readonly string[];
  readonly left: readonly MissingLibrary[];
  readonly base: ReadInitrd | undefined;
}

/** A hook that runs those of dracut in the same image. */
const dracutRunner = "/usr/lib/exitrd/hooks/50-dracut";

// Space for headers, padding and the manifest.
const HEADROOM = 1024 * 1024;

/**
 * Builds an image, checks it as the loader will, and puts it in place as one step; after a
 * failure the old one is untouched.
 */
export function buildImage(request: BuildRequest, ports: BuildPorts): BuildResult {
  const { files, codec, staged } = ports;
  const { output, mtime } = request;
  const contents = readContents(request, ports);
  if (!contents.ok) return fail(contents.problem);
  const { entries, tools, left, base } = contents.value;
  if (request.same === "keep" && isThere(entries, request, ports)) return { kind: "same" };
  const image = packImage(entries, mtime, codec);
  // Before the tools run in it, and on the same bytes that the loader will read.
  const checked = checkImage(image, request.architecture, codec);
  if (!checked.ok) return fail({ kind: "not-loadable", problem: checked.problem });
  if (image.length > largestImage) return fail({ kind: "too-large" });
  const problem = runTools(entries, tools, staged);
  if (problem !== undefined) return fail(problem);
  // A signature that belongs to another file would prevent the new image from being loaded.
  const signature = signatureOf(output);
  if (request.signer !== undefined)
    return signAndWrite(image, request.signer, contents.value, request, ports);
  const unsigned = losesSignature(output, image, files);
  const isKept = request.signed === "keep" && files.status(output) !== undefined;
  if (unsigned && isKept) return fail({ kind: "keeps-signed", path: output });
  // Removed before the image is replaced: if only that succeeded, no later build would notice the
  // signature, and load would reject the image.
  const old = unsigned ? attempt(() => files.readBytes(signature, LARGEST_SIGNATURE)) : undefined;
  const removed = trySys(() => (unsigned ? files.removeFile(signature) : undefined));
  if (!removed.ok) return fail({ kind: "old-signature", path: signature, error: removed.problem });
  const written = trySys(() => files.writeOutput(output, image, chooseImageMode(entries)));
  if (!written.ok) {
    if (old !== undefined) attempt(() => files.replaceFile(signature, old, 0o644));
    return fail({ kind: "unwritable", path: output, error: written.problem });
  }
  return { kind: "built", size: image.length, digest: codec.sha256(image), left, base, unsigned };
}

/** Puts an image and its signature in place, after both are complete. */
function signAndWrite(
  image: Uint8Array,
  signer: ImageSigner,
  { entries, left, base }: Contents,
  { output }: BuildRequest,
  { files, codec }: BuildPorts,
): BuildResult {
  const signature = signer.sign(image);
  if (!signature.ok) return fail({ kind: "unsigned", path: output, failure: signature.problem });
  const next = nextSignatureOf(output);
  const finished = trySys(() => finishReplacing(output, signer, files));
  if (!finished.ok) {
    return fail({ kind: "unwritable", path: signatureOf(output), error: finished.problem });
  }
  const written = trySys(() => {
    files.replaceFile(next, signature.value, 0o644);
    files.replaceFiles([
      { path: output, data: image, mode: chooseImageMode(entries) },
      { path: signatureOf(output), data: signature.value, mode: 0o644 },
    ]);
  });
  // If only the image was renamed, the signature is still needed there.
  const there = written.ok ? undefined : attempt(() => files.readBytes(output, largestImage));
  if (there === undefined || !equalBytes(there, image)) attempt(() => files.removeFile(next));
  if (!written.ok) return fail({ kind: "unwritable", path: output, error: written.problem });
  const digest = codec.sha256(image);
  return { kind: "built", size: image.length, digest, left, base, unsigned: false };
}

/**
 * If the machine died while both files were replaced, the image has only the signature whose place
 * is needed now. The key may have been another one then.
 */
function finishReplacing(output: string, signer: ImageSigner, files: BuildPorts["files"]): void {
  const next = attempt(() => files.readBytes(nextSignatureOf(output), LARGEST_SIGNATURE));
  const image = next && attempt(() => files.readBytes(output, largestImage));
  if (next === undefined || image === undefined || !signer.isMadeFor(image, next)) return;
  const signature = attempt(() => files.readBytes(signatureOf(output), LARGEST_SIGNATURE));
  // It was signed again since then.
  if (signature !== undefined && signer.isMadeFor(image, signature)) return;
  files.replaceFile(signatureOf(output), next, 0o644);
}

/** Whether there is a signature next to the image that was made for other bytes. */
function losesSignature(output: string, image: Uint8Array, files: FileReader): boolean {
  if (files.status(output)?.kind === "other" && files.realPath(output) === output) return false;
  // Its name may exceed the limit for names.
  if (attempt(() => files.status(signatureOf(output))) === undefined) return false;
  const before = trySys(() => files.readBytes(output, largestImage));
  return !(before.ok && equalBytes(before.value, image));
}

function readContents(request: BuildRequest, ports: BuildPorts): Checked<Contents, BuildFailure> {
  const { version, imageVersion, architecture } = request;
  const { files, codec, machine } = ports;
  const program = readShutdown(request, files);
  if (!program.ok) return program;
  const foreign = request.programs.find(({ role }) => role === "tool" && machine !== architecture);
  if (foreign !== undefined) return refuse({ kind: "foreign-tool", path: foreign.file, machine });
  const initrd = request.base && readInitrdPart(request.base, ports);
  if (initrd?.ok === false) return initrd;
  const below = initrd?.value.part ?? noInitrd;
  const wanted = [...request.programs, ...listRunners(initrd?.value)];
  const read = readPrograms(wanted, mapEntries(below.entries), architecture, files);
  if (!read.ok) return read;
  const { tools, left } = read.value;
  const programs = addOrigins(read.value.files, files);
  const release = makeRelease(version, imageVersion);
  const base = listBase(release, programs, below.entries);
  const fits = { release, machine: architecture };
  const added = readExtensions(request.extensions, base, fits, ports);
  if (!added.ok) return added;
  const size = sumSizes([...base, ...added.value.entries]) + program.value.length;
  if (size > largestImage - HEADROOM) return refuse({ kind: "too-large" });
  const entries = composeImage(
    {
      ...{ version, imageVersion, architecture, shutdown: program.value, programs },
      initrd: below,
      extensions: added.value.extensions.map(identify),
      extensionEntries: added.value.entries,
    },
    codec.sha256,
  );
  return accept({ entries, tools, left, base: initrd?.value });
}

function listRunners(initrd: ReadInitrd | undefined): readonly ProgramFile[] {
  const isNeeded = initrd !== undefined && hasDracutHook(initrd.ran);
  return isNeeded ? [{ role: "hook", file: dracutRunner }] : [];
}

function readShutdown(
  { shutdown, architecture }: BuildRequest,
  files: FileReader,
): Checked<Uint8Array, BuildFailure> {
  const program = trySys(() => files.readBytes(shutdown, largestProgram));
  if (!program.ok) return refuse({ kind: "no-shutdown", path: shutdown, error: program.problem });
  const reason = checkElf(program.value, architecture);
  if (reason !== undefined) return refuse({ kind: "elf", path: shutdown, reason });
  return isShutdownProgram(program.value)
    ? accept(program.value)
    : refuse({ kind: "not-shutdown", path: shutdown });
}

function sumSizes(entries: readonly CpioEntry[]): number {
  return entries.reduce((sum, entry) => sum + (entry.kind === "file" ? entry.data.length : 0), 0);
}

/** Records the origin of each file, so that updates are noticed. */
function addOrigins(added: readonly HostFile[], files: FileReader): readonly AddedProgram[] {
  const owners = findOwners([...new Set(added.map(({ real }) => real))], files);
  return added.map(({ image, file, real, mode, data }) => {
    const origin = { file: file.startsWith("/") ? file : real, ...owners.get(real) };
    return { path: image, mode: chooseMode(mode, true), data, origin };
  });
}

/** Whether there is a valid image with the same manifest, hence the same contents. */
function isThere(
  entries: readonly CpioEntry[],
  { output, architecture, signer }: BuildRequest,
  { files, codec }: BuildPorts,
): boolean {
  const image = trySys(() => files.readBytes(output, largestImage));
  if (image.ok && signer !== undefined) {
    const signature = trySys(() => files.readBytes(signatureOf(output), LARGEST_SIGNATURE));
    if (!signature.ok || !signer.accepts(image.value, signature.value)) return false;
  }
  const there = image.ok ? checkImage(image.value, architecture, codec) : undefined;
  if (there?.ok !== true) return false;
  const [old, now] = [there.value.entries, entries].map((list) => {
    return list.find((entry) => entry.path === manifestPath);
  });
  return old?.kind === "file" && now?.kind === "file" && equalBytes(old.data, now.data);
}

function fail(failure: BuildFailure): BuildResult {
  return { kind: "failed", failure };
}
