import { proveFileSystem } from "../image/disk-image/find-file-system.ts";
import type { FormProblem } from "../image/disk-image/form-problem.ts";
import { readSealClaim } from "../image/disk-image/sealed-image.ts";
import { readImageVersion } from "../image/image-version.ts";
import type { Arithmetic } from "../image/sign/arithmetic.ts";
import { type ImageTrust, judgeImage } from "../image/sign/image-trust.ts";
import { nextSignatureOf, signatureOf } from "../image/sign/signature-path.ts";
import type { SignatureProblem } from "../image/sign/signature-problem.ts";
import { LARGEST_SIGNATURE } from "../image/sign/verify-detached.ts";
import type { Codec, FileReader } from "../port/loader.ts";
import { attempt, trySys } from "../port/sys-error.ts";
import { toBytes } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { type CheckedImage, isSealed } from "./check-image.ts";
import type { TrustProblem } from "./read-trust.ts";
import type { Verification } from "./read-verification.ts";

export interface VerifyPorts {
  readonly files: FileReader;
  readonly arithmetic: Arithmetic;
  readonly codec: Codec;
}

export type VerifyProblem =
  | SignatureProblem
  /** A sealed image without a signed root hash, or whose contents do not match it. */
  | { readonly kind: "bad-seal"; readonly form: FormProblem }
  | { readonly kind: "unreadable-signature"; readonly reason: string }
  /** A file that restricts trust cannot be read. */
  | { readonly kind: "trust-file"; readonly file: TrustProblem }
  | { readonly kind: "rollback"; readonly version: number; readonly floor: number };

/** Verifies the bytes of `image` by its detached signature, or the embedded one if sealed. */
export function verifyImage(
  image: string,
  bytes: Uint8Array,
  verification: Verification,
  { files, arithmetic, codec }: VerifyPorts,
): Checked<ImageTrust, VerifyProblem> {
  const { policy, trust, problems } = verification;
  if (policy === "off") return accept({ kind: "unchecked" });
  const file = problems.find(({ fatal }) => fatal);
  if (file !== undefined) return refuse({ kind: "trust-file", file });
  if (isSealed(bytes)) {
    const seal = readSealClaim(bytes);
    if (!seal.ok) return refuse({ kind: "bad-seal", form: seal.problem });
    const { rootHash, signature } = seal.value.signature;
    const judged = judgeImage(toBytes(rootHash), signature, policy, trust, arithmetic);
    if (!judged.ok) return judged;
    // Not earlier: hashing an untrusted image could take a second.
    const proven = proveFileSystem(seal.value.contents, codec.sha256);
    return proven.ok ? judged : refuse({ kind: "bad-seal", form: proven.problem });
  }
  const judge = (path: string) => judgeBy(path, bytes, verification, { files, arithmetic });
  const judged = judge(signatureOf(image));
  if (judged.ok && judged.value.kind === "signed") return judged;
  // The machine may have died while both files were replaced.
  const next = nextSignatureOf(image);
  if (attempt(() => files.status(next)) === undefined) return judged;
  const other = judge(next);
  return other.ok && other.value.kind === "signed" ? other : judged;
}

function judgeBy(
  path: string,
  bytes: Uint8Array,
  { policy, trust }: Verification,
  { files, arithmetic }: Pick<VerifyPorts, "files" | "arithmetic">,
): Checked<ImageTrust, VerifyProblem> {
  if (files.status(path) === undefined) {
    return judgeImage(bytes, undefined, policy, trust, arithmetic);
  }
  const signature = trySys(() => files.readBytes(path, LARGEST_SIGNATURE));
  if (!signature.ok) {
    return refuse({ kind: "unreadable-signature", reason: signature.problem.words });
  }
  return judgeImage(bytes, signature.value, policy, trust, arithmetic);
}

/** Signatures of old images stay valid for ever; images below the floor are rejected. */
export function checkFloor(
  { entries }: CheckedImage,
  { policy, floor }: Verification,
): VerifyProblem | undefined {
  const version = readImageVersion(entries);
  return policy !== "off" && version < floor ? { kind: "rollback", version, floor } : undefined;
}
