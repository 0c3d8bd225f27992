import type { Signing } from "../image/build-conf.ts";
import { describeProblem } from "../image/describe-problem.ts";
import { sealTree } from "../image/disk-image/sealed-image.ts";
import { chooseImageMode } from "../image/entry-mode.ts";
import { largestImage } from "../image/manifest.ts";
import type { Certificate } from "../image/sign/certificate.ts";
import { checkImage } from "../load/check-image.ts";
import { describeVerifyProblem } from "../load/describe-verify-problem.ts";
import { buildConf, localImage, packageImage } from "../load/image-places.ts";
import { readConfig } from "../load/read-config.ts";
import { readPemFile } from "../load/read-trust.ts";
import { readCommandLine, readVerification } from "../load/read-verification.ts";
import { verifyImage } from "../load/verify-image.ts";
import { createKey, describeKeyFailure, newKey } from "../pack/create-key.ts";
import { describeSignFailure } from "../pack/describe-sign-failure.ts";
import {
  type SignPorts,
  type SignRequest,
  type SignResult,
  signImage,
  signSealed,
} from "../pack/sign-image.ts";
import { trySys } from "../port/sys-error.ts";
import { quote } from "../text/show-bytes.ts";
import { readBuildConf } from "./build-conf.ts";
import type { Arguments, Command, ExitCode, Host } from "./command.ts";
import { saySigner } from "./trust-lines.ts";

/** The parts of the host that the command gets. */
type Given = "files" | "writableFiles" | "commands" | "arithmetic" | "codec" | "now" | "say";

export const signCommand: Command<Given> = {
  name: "sign",
  summary: "Sign an image with openssl, and write the signature to IMAGE.p7s.",
  operand: "[IMAGE]",
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
    { name: "--new-key", help: "Make the key and its certificate first, in new files." },
  ],
  run: (args, host) => {
    if (args.flags.has("--new-key") && !makeNewKey(args, host)) return 1;
    const signing = chooseSigning(args, host);
    if (typeof signing === "number") return signing;
    const anchors = readAll(listCertificates(signing), host);
    if (anchors === undefined) return 1;
    const image = args.operand ?? takeOwnImage(host);
    if (image === undefined) return 1;
    return sign({ image, signing, anchors, now: host.now() }, args.values.get("--seal"), host);
  },
};

/** What the command line says, or else build.conf; or an exit code, and a message. */
function chooseSigning({ values, flags }: Arguments, host: Pick<Host, Given>): Signing | ExitCode {
  const fresh = flags.has("--new-key") ? newKey : undefined;
  const key = values.get("--key") ?? fresh?.key;
  const certificate = values.get("--cert") ?? fresh?.certificate;
  const [chain, engine, provider] = ["--chain", "--engine", "--provider"].map((name) =>
    values.get(name),
  );
  if (key !== undefined && certificate !== undefined) {
    return { kind: "key", key, certificate, chain, engine, provider };
  }
  if (key === undefined && certificate === undefined) {
    const conf = readBuildConf(host);
    if (conf === undefined) return 1;
    if (conf.signing !== undefined) return conf.signing;
  }
  host.say(
    "exitrd: cannot sign: --key and --cert are required, or Sign= in exitrd-build.conf(5): see 'exitrd sign --help'",
  );
  return 2;
}

/** The certificates that a signature is measured by, in files. */
export function listCertificates(signing: Signing): readonly string[] {
  const chain = signing.kind === "key" ? signing.chain : undefined;
  return chain === undefined ? [signing.certificate] : [signing.certificate, chain];
}

/** Without an operand: the image of this machine, which is a copy of the package's if there is none. */
function takeOwnImage({ files, writableFiles, say }: Pick<Host, Given>): string | undefined {
  if (files.status(localImage) !== undefined) return localImage;
  const copied = trySys(() => {
    writableFiles.replaceFile(localImage, files.readBytes(packageImage, largestImage), 0o644);
  });
  if (copied.ok) return localImage;
  say(
    `exitrd: cannot copy ${quote(packageImage)} to ${quote(localImage)}: ${copied.problem.words}: name an image`,
  );
  return undefined;
}

/** Says what is wrong, and returns false, where there is none afterwards. */
function makeNewKey({ values }: Arguments, host: Pick<Host, Given>): boolean {
  const key = values.get("--key") ?? newKey.key;
  const certificate = values.get("--cert") ?? newKey.certificate;
  const problem = createKey(key, certificate, {
    files: host.writableFiles,
    commands: host.commands,
  });
  if (problem !== undefined) {
    host.say(`exitrd: cannot make a key: ${describeKeyFailure(problem)}`);
    return false;
  }
  host.say(`exitrd: made ${quote(key)} and its certificate ${quote(certificate)}`);
  host.say(
    `exitrd: to sign every image that is built here, put 'Sign=${key}' and 'SignCertificate=${certificate}' into [Build] of ${buildConf}`,
  );
  return true;
}

function sign(request: SignRequest, output: string | undefined, host: Pick<Host, Given>): ExitCode {
  const result =
    output === undefined ? signImage(request, listPorts(host)) : seal(request, output, host);
  if (result === undefined) return 1;
  if (result.kind === "failed") {
    host.say(`exitrd: ${describeSignFailure(request.image, result.failure)}`);
    return 1;
  }
  host.say(`exitrd: wrote ${quote(result.path)}: ${saySigner(result.signer)}`);
  host.say(`exitrd: ${judgeHere(output ?? request.image, request, host)}`);
  return 0;
}

/** What this machine will say to it: the one that signs is often not the one that loads. */
function judgeHere(path: string, request: SignRequest, host: Pick<Host, Given>): string {
  const { settings } = readConfig(host.files);
  const commandLine = readCommandLine(host.files);
  const verification = readVerification(settings, commandLine, host.files, request.now);
  const asked = { ...verification, policy: "require" } as const;
  const bytes = trySys(() => host.files.readBytes(path, largestImage));
  if (!bytes.ok) return `cannot read ${quote(path)} again: ${bytes.problem.words}`;
  const verified = verifyImage(path, bytes.value, asked, host);
  if (verified.ok) return "this machine trusts the signature";
  const words = describeVerifyProblem(verified.problem);
  const certificates = listCertificates(request.signing);
  const cure = `'install -D -m 644 ${certificates.at(-1)} /etc/exitrd/trusted.d/own.pem' and 'update-initramfs -u'`;
  return `this machine does not trust the signature: ${words}; for example ${cure}`;
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
