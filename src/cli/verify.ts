import { describeProblem } from "../image/describe-problem.ts";
import { readImageVersion } from "../image/image-version.ts";
import { largestImage } from "../image/manifest.ts";
import type { Signer } from "../image/sign/verify-detached.ts";
import { checkImage } from "../load/check-image.ts";
import { describeVerifyProblem } from "../load/describe-verify-problem.ts";
import { isSignable } from "../load/is-signable.ts";
import { readVerification, type Verification } from "../load/read-verification.ts";
import { checkFloor, type VerifyProblem, verifyImage } from "../load/verify-image.ts";
import { equalBytes } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import type { Command, Host } from "./command.ts";
import { answer, fail, misuse } from "./envelope/answer.ts";
import { readAll } from "./read-certificates.ts";
import { listSigner } from "./shared-facts.ts";
import { listTrustNotes, saySigner } from "./trust-lines.ts";

/** The magic number of a zstd frame (RFC 8878). */
const zstdMagic = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);

/** The parts of the host that this command uses. */
type Given = "files" | "codec" | "arithmetic" | "now" | "say";

export const verifyCommand: Command<Given> = {
  name: "verify",
  summary: "Verify an image or extension as this machine would; exit with 1 if it is rejected.",
  operand: "IMAGE",
  options: [
    {
      name: "--trust",
      value: "FILE",
      repeatable: true,
      help: "Trust the certificates in the PEM file FILE instead of this machine's. Repeatable.",
    },
  ],
  examples: [
    {
      line: "exitrd verify /usr/lib/exitrd/exitrd.img",
      words: "Who signed the image, and does this machine trust it?",
    },
  ],
  run: (args, host) => {
    const image = args.operand;
    if (image === undefined) throw new Error("verify without its operand");
    if (image === "-") {
      return misuse("cannot verify standard input: the signature is a file beside the image's");
    }
    // This command requires a signature, whatever Verify= says.
    const machine: Verification = {
      ...readVerification({}, "", host.files, host.now()),
      policy: "require",
    };
    const paths = args.lists.get("--trust");
    const anchors = paths && readAll(paths, host);
    if (anchors?.ok === false) return anchors.problem;
    for (const line of listTrustNotes(machine)) host.say(`exitrd: ${line}`);
    const trust = anchors
      ? { ...machine.trust, anchors: anchors.value, kernelKeys: false }
      : machine.trust;
    const found = verify(image, { ...machine, trust }, host);
    if (!found.ok) {
      const { kind, words } = found.problem;
      return fail(kind, `cannot verify ${quote(image)}: ${words}`);
    }
    const { value } = found;
    const text = () => `${showBytes(image)}: ${saySigner(value.signer)}\n`;
    return answer(listFacts(image, value), text);
  },
};

interface Found {
  readonly signer: Signer;
  /** Undefined for an extension: only the loader reads its contents. */
  readonly versions: { readonly version: string; readonly imageVersion: number } | undefined;
}

interface Rejection {
  readonly kind: string;
  /** The reason, and what to do. */
  readonly words: string;
}

function verify(
  image: string,
  verification: Verification,
  host: Pick<Host, Given>,
): Checked<Found, Rejection> {
  const bytes = host.files.readInput(image, largestImage);
  const verified = verifyImage(image, bytes, verification, host);
  if (!verified.ok) {
    return verified.problem.kind === "unsigned" && !isSignable(bytes, host.codec)
      ? refuse({ kind: "bad-image", words: "it is neither a whole exitrd image nor an extension" })
      : refuse(describeRejection(verified.problem));
  }
  if (verified.value.kind !== "signed") throw new Error("verified without a signer");
  // An image for another architecture is not an error here.
  const checked = checkImage(bytes, undefined, host.codec);
  if (!checked.ok) {
    if (isExtension(image, bytes)) {
      return accept({ signer: verified.value.signer, versions: undefined });
    }
    const words = `${describeProblem(checked.problem)}: sign a whole image`;
    return refuse({ kind: "bad-image", words });
  }
  const rollback = checkFloor(checked.value, verification);
  if (rollback !== undefined) return refuse(describeRejection(rollback));
  const { manifest, entries } = checked.value;
  const { signer } = verified.value;
  const versions = { version: manifest.version, imageVersion: readImageVersion(entries) };
  return accept({ signer, versions });
}

/** Judged by the name and the first bytes: a damaged image is not taken for an extension. */
function isExtension(path: string, bytes: Uint8Array): boolean {
  const isZstd = equalBytes(bytes.subarray(0, zstdMagic.length), zstdMagic);
  return path.endsWith(".raw") && !isZstd;
}

function describeRejection(problem: VerifyProblem): Rejection {
  return { kind: problem.kind, words: describeVerifyProblem(problem) };
}

function listFacts(path: string, { signer, versions }: Found) {
  const kind = versions === undefined ? "extension" : "image";
  const { version = null, imageVersion = null } = versions ?? {};
  return {
    ...{ path, kind, version, imageVersion },
    signer: listSigner(signer),
  };
}
