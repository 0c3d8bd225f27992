import { describeProblem } from "../image/describe-problem.ts";
import { sealTree } from "../image/disk-image/sealed-image.ts";
import { chooseImageMode } from "../image/entry-mode.ts";
import { largestImage } from "../image/manifest.ts";
import type { Certificate } from "../image/sign/certificate.ts";
import { checkImage } from "../load/check-image.ts";
import { readPemFile } from "../load/read-trust.ts";
import { describeSignFailure } from "../pack/describe-sign-failure.ts";
import {
  type SignPorts,
  type SignRequest,
  type SignResult,
  signImage,
  signSealed,
} from "../pack/sign-image.ts";
import { quote } from "../text/show-bytes.ts";
import type { Command, ExitCode, Host } from "./command.ts";
import { saySigner } from "./trust-lines.ts";

/** The parts of the host that the command gets. */
type Given = "files" | "writableFiles" | "commands" | "arithmetic" | "codec" | "now" | "say";

export const signCommand: Command<Given> = {
  name: "sign",
  summary: "Sign an image with openssl, and write the signature to IMAGE.p7s.",
  operand: "IMAGE",
  options: [
    { name: "--key", value: "URI", help: "Sign with this private key: a file, or a PKCS#11 URI." },
    { name: "--cert", value: "FILE", help: "The key's certificate, in PEM." },
    {
      name: "--chain",
      value: "FILE",
      help: "Add the intermediate certificates up to a trusted one, in PEM.",
    },
    {
      name: "--seal",
      value: "FILE",
      help: "Write FILE, a disk image for Seal=verity, and sign its root hash instead.",
    },
    { name: "--engine", value: "NAME", help: "Load the key with openssl's engine NAME." },
    { name: "--provider", value: "NAME", help: "Load the key with openssl's provider NAME." },
  ],
  run: (args, host) => {
    const { values, operand: image } = args;
    if (image === undefined) throw new Error("sign without its operand");
    const [key, certificate] = [values.get("--key"), values.get("--cert")];
    if (key === undefined || certificate === undefined) {
      host.say("exitrd: cannot sign: --key and --cert are required: see 'exitrd sign --help'");
      return 2;
    }
    const chain = values.get("--chain");
    const anchors = readAll(chain === undefined ? [certificate] : [certificate, chain], host);
    if (anchors === undefined) return 1;
    const [engine, provider] = [values.get("--engine"), values.get("--provider")];
    const now = host.now();
    const request = { image, key, certificate, chain, engine, provider, anchors, now };
    return sign(request, values.get("--seal"), host);
  },
};

function sign(request: SignRequest, output: string | undefined, host: Pick<Host, Given>): ExitCode {
  const result =
    output === undefined ? signImage(request, listPorts(host)) : seal(request, output, host);
  if (result === undefined) return 1;
  if (result.kind === "failed") {
    host.say(`exitrd: ${describeSignFailure(request.image, result.failure)}`);
    return 1;
  }
  host.say(`exitrd: wrote ${quote(result.path)}: ${saySigner(result.signer)}`);
  return 0;
}

/** Undefined, after a message, if the image to be sealed is bad. */
function seal(
  request: SignRequest,
  output: string,
  host: Pick<Host, Given>,
): SignResult | undefined {
  const checked = checkImage(
    host.files.readBytes(request.image, largestImage),
    undefined,
    host.codec,
  );
  if (!checked.ok) {
    host.say(
      `exitrd: cannot seal ${quote(request.image)}: ${describeProblem(checked.problem)}: build it with 'exitrd build'`,
    );
    return undefined;
  }
  const { entries, manifest } = checked.value;
  const tree = sealTree(entries, host.codec.sha256);
  const mode = chooseImageMode(entries);
  const image = { tree, machine: manifest.architecture, output, mode };
  return signSealed(image, request, listPorts(host));
}

function listPorts({ writableFiles, commands, arithmetic, codec }: Pick<Host, Given>): SignPorts {
  return { files: writableFiles, commands, arithmetic, codec };
}

/** Undefined, after a message, if a file is not a certificate. */
export function readAll(
  paths: readonly string[],
  host: Pick<Host, "files" | "say">,
): readonly Certificate[] | undefined {
  const found: Certificate[] = [];
  for (const path of paths) {
    const certificates = readPemFile(path, host.files);
    if (!certificates.ok || certificates.value.length === 0) {
      const reason = certificates.ok ? "it is empty" : certificates.problem;
      host.say(`exitrd: cannot read ${quote(path)}: ${reason}: use certificates in PEM format`);
      return undefined;
    }
    found.push(...certificates.value);
  }
  return found;
}
