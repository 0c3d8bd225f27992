import type { Signing } from "../image/build-conf.ts";
import { type SealedTree, writeSealedImage } from "../image/disk-image/sealed-image.ts";
import { largestImage } from "../image/manifest.ts";
import type { Arithmetic } from "../image/sign/arithmetic.ts";
import type { Certificate } from "../image/sign/certificate.ts";
import { checkKey } from "../image/sign/find-path.ts";
import { signatureOf } from "../image/sign/signature-path.ts";
import type { SignatureProblem } from "../image/sign/signature-problem.ts";
import { type Signer, verifyDetached } from "../image/sign/verify-detached.ts";
import { writePem } from "../image/sign/write-pem.ts";
import { isSignable } from "../load/is-signable.ts";
import type {
  Codec,
  CommandEnd,
  Commands,
  FileReader,
  FileWriter,
  OutputWriter,
} from "../port/loader.ts";
import { attempt, type SysFailure, trySys } from "../port/sys-error.ts";
import { equalBytes, toBytes } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";

export interface SignRequest {
  readonly image: string;
  readonly signing: Signing;
  /**
   * The certificates of both files, with which the signature is verified: first the key's, then
   * the others that the signature contains.
   */
  readonly anchors: readonly Certificate[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface SealRequest {
  readonly tree: SealedTree;
  /** As printed by uname -m. */
  readonly machine: string;
  readonly output: string;
  /** The mode of the file that is written. */
  readonly mode: number;
}

export interface SignPorts {
  readonly files: FileReader & FileWriter & OutputWriter;
  readonly commands: Commands;
  readonly arithmetic: Arithmetic;
  readonly codec: Codec;
}

export type SignFailure =
  | { readonly kind: "unreadable"; readonly path: string; readonly error: SysFailure }
  /** Neither an image that can be loaded nor an extension. */
  | { readonly kind: "not-an-image" }
  | { readonly kind: "no-openssl" }
  | { readonly kind: "no-command"; readonly command: string }
  /** `program` as it was called: "openssl". */
  | {
      readonly kind: "failed";
      readonly program: string;
      readonly status: number;
      readonly words: string;
    }
  /** The machines that the image is for would reject it. */
  | { readonly kind: "useless"; readonly problem: SignatureProblem }
  | { readonly kind: "unwritable"; readonly path: string; readonly error: SysFailure }
  | { readonly kind: "no-partition-types"; readonly machine: string };

export type SignResult =
  | { readonly kind: "signed"; readonly path: string; readonly signer: Signer }
  | { readonly kind: "failed"; readonly failure: SignFailure };

/**
 * Signs an image with openssl(1), which supports every kind of key: files, engines, providers,
 * PKCS#11. The signature is verified as a machine will verify it before it is put in place
 * atomically.
 */
export function signImage(request: SignRequest, ports: SignPorts): SignResult {
  const { image } = request;
  const bytes = trySys(() => ports.files.readBytes(image, largestImage));
  if (!bytes.ok) return fail({ kind: "unreadable", path: image, error: bytes.problem });
  if (!isSignable(bytes.value, ports.codec)) return fail({ kind: "not-an-image" });
  const made = makeSignature(image, bytes.value, [], request, ports);
  if (!made.ok) return fail(made.problem);
  return write(signatureOf(image), made.value.signature, 0o644, made.value, ports);
}

/**
 * The same for a tree under dm-verity: the text of the root hash is signed, and the signature is
 * part of the disk image written to `output`. It has no attributes, like those of
 * systemd-repart(8), because the kernel verifies it too.
 */
export function signSealed(
  { tree, machine, output, mode }: SealRequest,
  request: SignRequest,
  ports: SignPorts,
): SignResult {
  const text = toBytes(tree.rootHash);
  // A pipe or a device has no directory for a file.
  const isStream = output === "-" || /^\/(?:dev|proc)\//.test(output);
  const beside = besideOf(isStream ? request.image : output, "roothash", ports);
  const staged = trySys(() => ports.files.replaceFile(beside, text, 0o644));
  if (!staged.ok) return fail({ kind: "unwritable", path: output, error: staged.problem });
  const made = makeSignature(beside, text, ["-noattr"], request, ports);
  attempt(() => ports.files.removeFile(beside));
  if (!made.ok) return fail(made.problem);
  const { signature } = made.value;
  // openssl uses the first certificate of a file as the key's.
  const [certificate] = request.anchors;
  if (certificate === undefined) throw new Error("a signature without a certificate");
  const fingerprint = ports.codec.sha256(certificate.der);
  const sealed = writeSealedImage(tree, signature, fingerprint, machine);
  if (sealed === undefined) return fail({ kind: "no-partition-types", machine });
  return write(output, sealed, mode, made.value, ports);
}

type KeySigning = Extract<Signing, { readonly kind: "key" }>;

interface Made {
  readonly signature: Uint8Array;
  readonly signer: Signer;
}

/** Signs the bytes of an image that will be put at `image`, where there may be an older one. */
export function signBytes(
  bytes: Uint8Array,
  request: SignRequest,
  ports: SignPorts,
): Checked<Uint8Array, SignFailure> {
  const beside = besideOf(request.image, "unsigned", ports);
  const staged = trySys(() => ports.files.replaceFile(beside, bytes, 0o600));
  if (!staged.ok) {
    return refuse({ kind: "unwritable", path: request.image, error: staged.problem });
  }
  const made = makeSignature(beside, bytes, [], request, ports);
  attempt(() => ports.files.removeFile(beside));
  return made.ok ? accept(made.value.signature) : made;
}

/** Whether a signature is valid and equal to one that `request` would make. */
export function isSignedAlready(
  bytes: Uint8Array,
  signature: Uint8Array,
  { anchors, now }: SignRequest,
  arithmetic: Arithmetic,
): boolean {
  const trust = { anchors, revoked: [], kernelKeys: false, now };
  return verifyDetached(bytes, signature, trust, arithmetic).ok;
}

function makeSignature(
  file: string,
  content: Uint8Array,
  options: readonly string[],
  request: SignRequest,
  ports: SignPorts,
): Checked<Made, SignFailure> {
  const { signing, anchors, now } = request;
  const { arithmetic } = ports;
  const unusable = anchors[0] && checkKey(anchors[0]);
  // Reported here, because openssl would refuse it with a message of its own.
  if (unusable !== undefined) return refuse({ kind: "useless", problem: unusable });
  const isOpenssl = signing.kind === "key";
  const program = isOpenssl ? "openssl" : signing.command;
  const ended = isOpenssl
    ? runOpenssl(file, options, signing, request, ports)
    : accept(ports.commands.run(program, [file]));
  if (!ended.ok) return ended;
  const end = ended.value;
  if (end === undefined) {
    return refuse(isOpenssl ? { kind: "no-openssl" } : { kind: "no-command", command: program });
  }
  const { status, stdout, stderr } = end;
  if (status !== 0) return refuse({ kind: "failed", program, status, words: findWords(stderr) });
  const trust = { anchors, revoked: [], kernelKeys: false, now };
  const verified = verifyDetached(content, stdout, trust, arithmetic);
  if (!verified.ok) return refuse({ kind: "useless", problem: verified.problem });
  return accept({ signature: stdout, signer: verified.value });
}

function runOpenssl(
  file: string,
  options: readonly string[],
  signing: KeySigning,
  { anchors, image }: SignRequest,
  ports: SignPorts,
): Checked<CommandEnd | undefined, SignFailure> {
  const { files, commands } = ports;
  const others = listOthers(anchors);
  if (others.length === 0) {
    return accept(commands.run("openssl", listArguments(file, options, signing, undefined)));
  }
  const chain = besideOf(file, "chain", ports);
  const staged = trySys(() => files.replaceFile(chain, toBytes(writePem(others)), 0o600));
  if (!staged.ok) return refuse({ kind: "unwritable", path: image, error: staged.problem });
  const end = commands.run("openssl", listArguments(file, options, signing, chain));
  attempt(() => files.removeFile(chain));
  return accept(end);
}

/**
 * The path of a temporary file in the directory of `path`. No file of the user has this name, and it
 * is short even if that of `path` is not.
 */
function besideOf(path: string, suffix: string, { codec }: Pick<SignPorts, "codec">): string {
  const slash = path.lastIndexOf("/");
  const digest = codec.sha256(toBytes(path.slice(slash + 1))).slice(0, 16);
  return `${path.slice(0, slash + 1)}.exitrd-${digest}.${suffix}`;
}

/**
 * The certificates other than the key's, each once: openssl takes only the first one of a file as the
 * key's, ignores the others in it, and refuses duplicates.
 */
function listOthers([own, ...rest]: readonly Certificate[]): readonly Certificate[] {
  const ders = [own, ...rest].map((one) => one?.der ?? new Uint8Array(0));
  return rest.filter(({ der }, i) => !ders.slice(0, i + 1).some((one) => equalBytes(one, der)));
}

function write(
  path: string,
  data: Uint8Array,
  mode: number,
  { signer }: Made,
  { files }: SignPorts,
): SignResult {
  const written = trySys(() => files.writeOutput(path, data, mode));
  if (!written.ok) return fail({ kind: "unwritable", path, error: written.problem });
  return { kind: "signed", path, signer };
}

function fail(failure: SignFailure): SignResult {
  return { kind: "failed", failure };
}

/** openssl-cms(1) */
function listArguments(
  file: string,
  options: readonly string[],
  { key, certificate, engine, provider }: KeySigning,
  chain: string | undefined,
): readonly string[] {
  return [
    ...["cms", "-sign", "-binary", "-md", "sha256", "-nosmimecap", "-outform", "DER"],
    ...options,
    ...["-in", file, "-signer", certificate, "-inkey", key],
    ...(chain === undefined ? [] : ["-certfile", chain]),
    ...(engine === undefined ? [] : ["-engine", engine, "-keyform", "engine"]),
    // If a provider is named, the default one must be named explicitly.
    ...(provider === undefined ? [] : ["-provider", provider, "-provider", "default"]),
  ];
}

/** Lines of openssl that explain the first one, which only says that it could not read the key. */
const explaining = /bad decrypt|maybe wrong password|unregistered scheme:.*scheme=(?!file$)/;

/** The first line has the reason, unless a later one explains it. */
function findWords(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => explaining.test(line)) ?? lines[0] ?? "no reason given";
}
