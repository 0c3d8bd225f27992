import { largestImage } from "../core/image/manifest.ts";
import type { Arithmetic } from "../core/sign/arithmetic.ts";
import type { Certificate } from "../core/sign/certificate.ts";
import { signatureOf } from "../core/sign/signature-path.ts";
import type { SignatureProblem } from "../core/sign/signature-problem.ts";
import { type Signer, verifyDetached } from "../core/sign/verify-detached.ts";
import type { Commands } from "../port/commands.ts";
import type { FileReader, FileWriter } from "../port/files.ts";
import { type SysFailure, trySys } from "../port/sys-failure.ts";

export interface SignRequest {
  readonly image: string;
  /** A file, or what an engine or a provider takes for one. */
  readonly key: string;
  /** Files in PEM, for openssl(1). */
  readonly certificate: string;
  readonly chain: string | undefined;
  readonly engine: string | undefined;
  readonly provider: string | undefined;
  /** What is in both files: the signature is measured by them. */
  readonly anchors: readonly Certificate[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface SignPorts {
  readonly files: FileReader & FileWriter;
  readonly commands: Commands;
  readonly arithmetic: Arithmetic;
}

export type SignFailure =
  | { readonly kind: "unreadable"; readonly path: string; readonly error: SysFailure }
  | { readonly kind: "no-openssl" }
  | { readonly kind: "openssl"; readonly status: number; readonly words: string }
  /** The machines that it is for would refuse it. */
  | { readonly kind: "useless"; readonly problem: SignatureProblem }
  | { readonly kind: "unwritable"; readonly path: string; readonly error: SysFailure };

export type SignResult =
  | { readonly kind: "signed"; readonly path: string; readonly signer: Signer }
  | { readonly kind: "failed"; readonly failure: SignFailure };

/**
 * Has openssl(1) sign an image, since keys are its business: files, engines,
 * providers, PKCS#11. What it made is verified as a machine will do it, and only
 * then put in place, as one step.
 */
export function signImage(request: SignRequest, ports: SignPorts): SignResult {
  const { files, commands, arithmetic } = ports;
  const { image, anchors, now } = request;
  const bytes = trySys(() => files.readBytes(image, largestImage));
  if (!bytes.ok) return fail({ kind: "unreadable", path: image, error: bytes.problem });
  const end = commands.run("openssl", listArguments(request));
  if (end === undefined) return fail({ kind: "no-openssl" });
  const { status, stdout, stderr } = end;
  if (status !== 0) return fail({ kind: "openssl", status, words: findWords(stderr) });
  const trust = { anchors, revoked: [], kernelKeys: false, now };
  const verified = verifyDetached(bytes.value, stdout, trust, arithmetic);
  if (!verified.ok) return fail({ kind: "useless", problem: verified.problem });
  const path = signatureOf(image);
  const written = trySys(() => files.replaceFile(path, stdout, 0o644));
  if (!written.ok) return fail({ kind: "unwritable", path, error: written.problem });
  return { kind: "signed", path, signer: verified.value };
}

function fail(failure: SignFailure): SignResult {
  return { kind: "failed", failure };
}

/** openssl-cms(1) */
function listArguments(request: SignRequest): readonly string[] {
  const { image, key, certificate, chain, engine, provider } = request;
  return [
    ...["cms", "-sign", "-binary", "-md", "sha256", "-nosmimecap", "-outform", "DER"],
    ...["-in", image, "-signer", certificate, "-inkey", key],
    ...(chain === undefined ? [] : ["-certfile", chain]),
    ...(engine === undefined ? [] : ["-engine", engine, "-keyform", "engine"]),
    // With one that is named the default one has to be named as well.
    ...(provider === undefined ? [] : ["-provider", provider, "-provider", "default"]),
  ];
}

/** Its first line says what it was about. */
function findWords(stderr: string): string {
  return stderr.split("\n").find((line) => line.trim() !== "") ?? "it gave no reason";
}
