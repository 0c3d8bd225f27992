import { describeProblem } from "../image/describe-problem.ts";
import { readImageVersion } from "../image/image-version.ts";
import { largestImage } from "../image/manifest.ts";
import type { Signer } from "../image/sign/verify-detached.ts";
import { checkImage } from "../load/check-image.ts";
import { describeVerifyProblem } from "../load/describe-verify-problem.ts";
import { readVerification, type Verification } from "../load/read-verification.ts";
import { checkFloor, verifyImage } from "../load/verify-image.ts";
import { equalBytes } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import { type Command, type ExitCode, type Host, jsonOption } from "./command.ts";
import { formatJson } from "./format.ts";
import { readAll } from "./sign.ts";
import { listTrustNotes, saySigner } from "./trust-lines.ts";

/** RFC 8878 */
const zstdMagic = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);

/** The parts of the host that the command gets. */
type Given = "files" | "codec" | "arithmetic" | "now" | "print" | "say";

export const verifyCommand: Command<Given> = {
  name: "verify",
  summary: "Verify an image or extension by this machine's trust; exit with 1 if it is rejected.",
  operand: "IMAGE",
  options: [
    {
      name: "--trust",
      value: "FILE",
      repeatable: true,
      help: "Trust the certificates of FILE, in PEM, instead of this machine's. Repeatable.",
    },
    jsonOption,
  ],
  run: (args, host) => {
    const image = args.operand;
    if (image === undefined) throw new Error("verify without its operand");
    // The policy of this machine does not matter for an explicit check.
    const machine: Verification = {
      ...readVerification({}, "", host.files, host.now()),
      policy: "require",
    };
    const paths = args.lists.get("--trust");
    const anchors = paths && readAll(paths, host);
    if (paths !== undefined && anchors === undefined) return 1;
    for (const line of listTrustNotes(machine)) host.say(`exitrd: ${line}`);
    const trust = anchors ? { ...machine.trust, anchors, kernelKeys: false } : machine.trust;
    const found = verify(image, { ...machine, trust }, host);
    if (args.flags.has("--json")) host.print(formatJson(listFacts(image, found)));
    return report(image, found, args.flags.has("--json"), host);
  },
};

interface Found {
  readonly signer: Signer;
  /** Undefined for an extension, in which only the loader looks. */
  readonly versions: { readonly version: string; readonly imageVersion: number } | undefined;
}

/** The result, or why the image is rejected and what to do. */
function verify(
  image: string,
  verification: Verification,
  host: Pick<Host, Given>,
): Checked<Found, string> {
  const bytes = host.files.readInput(image, largestImage);
  const verified = verifyImage(image, bytes, verification, host);
  if (!verified.ok) return refuse(describeVerifyProblem(verified.problem));
  if (verified.value.kind !== "signed") throw new Error("verified without a signer");
  // An image for another architecture is not bad.
  const checked = checkImage(bytes, undefined, host.codec);
  if (!checked.ok) {
    if (isExtension(image, bytes)) {
      return accept({ signer: verified.value.signer, versions: undefined });
    }
    return refuse(`${describeProblem(checked.problem)}: sign a whole image`);
  }
  const rollback = checkFloor(checked.value, verification);
  if (rollback !== undefined) return refuse(describeVerifyProblem(rollback));
  const { manifest, entries } = checked.value;
  const { signer } = verified.value;
  const versions = { version: manifest.version, imageVersion: readImageVersion(entries) };
  return accept({ signer, versions });
}

/** By its name, and in no form that an image has. */
function isExtension(path: string, bytes: Uint8Array): boolean {
  const isZstd = equalBytes(bytes.subarray(0, zstdMagic.length), zstdMagic);
  return path.endsWith(".raw") && !isZstd;
}

/** The result as flat, named values, as printed by --json. */
function listFacts(image: string, found: Checked<Found, string>) {
  if (!found.ok) return { image, good: false, problem: found.problem };
  const { signer, versions } = found.value;
  const kind = versions === undefined ? "extension" : "image";
  return { image, good: true, kind, ...versions, ...signer, anchor: signer.anchor ?? null };
}

function report(
  image: string,
  found: Checked<Found, string>,
  isJson: boolean,
  host: Pick<Host, Given>,
): ExitCode {
  if (!found.ok) {
    host.say(`exitrd: cannot verify ${quote(image)}: ${found.problem}`);
    return 1;
  }
  if (!isJson) host.print(`${showBytes(image)}: ${saySigner(found.value.signer)}\n`);
  return 0;
}
