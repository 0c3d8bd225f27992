import type { Signing } from "../image/build-conf.ts";
import { describeProblem } from "../image/describe-problem.ts";
import { sealTree } from "../image/disk-image/sealed-image.ts";
import { chooseImageMode } from "../image/entry-mode.ts";
import { largestImage } from "../image/manifest.ts";
import { checkImage } from "../load/check-image.ts";
import { describeVerifyProblem } from "../load/describe-verify-problem.ts";
import { findUpdater } from "../load/find-updater.ts";
import { buildConf, localImage, packageImage } from "../load/image-places.ts";
import { readConfig } from "../load/read-config.ts";
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
import { accept, type Checked, refuse } from "../text/checked.ts";
import { quote } from "../text/show-bytes.ts";
import { readBuildConf } from "./build-conf.ts";
import type { Arguments, Command, Host } from "./command.ts";
import { type Answer, answer, fail, misuse } from "./envelope/answer.ts";
import { readAll } from "./read-certificates.ts";
import { listSigner } from "./shared-facts.ts";
import { sayKey } from "./trust-lines.ts";

/** The parts of the host that this command uses. */
type Given = "files" | "writableFiles" | "commands" | "arithmetic" | "codec" | "now" | "say";

export const signCommand: Command<Given> = {
  name: "sign",
  summary: "Sign an image with openssl, and write the signature to IMAGE.p7s.",
  operand: "[IMAGE]",
  options: [
    { name: "--key", value: "URI", help: "Sign with this private key: a file, or a PKCS#11 URI." },
    { name: "--cert", value: "FILE", help: "The key's certificate, in PEM format." },
    {
      name: "--chain",
      value: "FILE",
      help: "Add the intermediate certificates up to a trusted one, in PEM format.",
    },
    {
      name: "--seal",
      value: "FILE",
      help: "Write FILE, a disk image for Seal=verity, and sign its root hash instead.",
    },
    { name: "--engine", value: "NAME", help: "Load the key with openssl's engine NAME." },
    { name: "--provider", value: "NAME", help: "Load the key with openssl's provider NAME." },
    { name: "--new-key", help: "First make the key and its certificate, in new files." },
  ],
  examples: [
    { line: "exitrd sign --new-key", words: "Make a key and sign this machine's image with it." },
    { line: "exitrd sign --key my.key --cert my.pem my.img", words: "Sign another image." },
  ],
  run: (args, host) => {
    const problem = args.flags.has("--new-key") ? makeNewKey(args, host) : undefined;
    if (problem !== undefined) return problem;
    const signing = chooseSigning(args, host);
    if (!signing.ok) return signing.problem;
    const anchors = readAll(listCertificates(signing.value), host);
    if (!anchors.ok) return anchors.problem;
    const image = args.operand === undefined ? takeOwnImage(host) : accept(args.operand);
    if (!image.ok) return image.problem;
    const request = { image: image.value, signing: signing.value, anchors: anchors.value };
    return sign({ ...request, now: host.now() }, args.values.get("--seal"), host);
  },
};

/** The key from the command line, or else from build.conf. */
function chooseSigning(
  { values, flags }: Arguments,
  host: Pick<Host, Given>,
): Checked<Signing, Answer> {
  const fresh = flags.has("--new-key") ? newKey : undefined;
  const key = values.get("--key") ?? fresh?.key;
  const certificate = values.get("--cert") ?? fresh?.certificate;
  const [chain, engine, provider] = ["--chain", "--engine", "--provider"].map((name) =>
    values.get(name),
  );
  if (key !== undefined && certificate !== undefined) {
    return accept({ kind: "key", key, certificate, chain, engine, provider });
  }
  if (key === undefined && certificate === undefined) {
    const conf = readBuildConf(host.files);
    if (!conf.ok) return conf;
    if (conf.value.signing !== undefined) return accept(conf.value.signing);
    return refuse(
      misuse(
        "cannot sign: no key is given: make one with 'exitrd sign --new-key', or name yours with --key and --cert, or with Sign= in exitrd-build.conf(5)",
      ),
    );
  }
  const missing = key === undefined ? "--key" : "--cert";
  return refuse(misuse(`cannot sign: ${missing} is missing: name the key and its certificate`));
}

/** Certificates whose validity limits that of the signature, as files. */
export function listCertificates(signing: Signing): readonly string[] {
  const chain = signing.kind === "key" ? signing.chain : undefined;
  return chain === undefined ? [signing.certificate] : [signing.certificate, chain];
}

/**
 * Without an operand, this machine's image is signed; if there is none, the package's is copied
 * first.
 */
function takeOwnImage({ files, writableFiles }: Pick<Host, Given>): Checked<string, Answer> {
  if (files.status(localImage) !== undefined) return accept(localImage);
  const copied = trySys(() => {
    writableFiles.replaceFile(localImage, files.readBytes(packageImage, largestImage), 0o644);
  });
  if (copied.ok) return accept(localImage);
  const { code, words } = copied.problem;
  return refuse(
    fail(
      "cannot-copy",
      `cannot copy ${quote(packageImage)} to ${quote(localImage)}: ${words}: name an image`,
      code,
    ),
  );
}

/** Returns the problem, if it fails. */
function makeNewKey({ values }: Arguments, host: Pick<Host, Given>): Answer | undefined {
  const key = values.get("--key") ?? newKey.key;
  const certificate = values.get("--cert") ?? newKey.certificate;
  const problem = createKey(key, certificate, {
    files: host.writableFiles,
    commands: host.commands,
  });
  if (problem !== undefined) {
    return fail("cannot-make-key", `cannot make a key: ${describeKeyFailure(problem)}`);
  }
  host.say(`exitrd: made ${quote(key)} and its certificate ${quote(certificate)}`);
  // build.conf takes no relative paths.
  const [keyPath, certificatePath] = [key, certificate].map(
    (path) => host.files.realPath(path) ?? path,
  );
  host.say(
    `exitrd: to sign every image that is built here, put 'Sign=${keyPath}' and 'SignCertificate=${certificatePath}' into [Build] of ${buildConf}`,
  );
  return undefined;
}

function sign(request: SignRequest, output: string | undefined, host: Pick<Host, Given>): Answer {
  const given =
    output === undefined
      ? accept(signImage(request, listPorts(host)))
      : seal(request, output, host);
  if (!given.ok) return given.problem;
  const result = given.value;
  if (result.kind === "failed") {
    const { failure } = result;
    return fail(`sign-${failure.kind}`, describeSignFailure(request.image, failure));
  }
  const { path, signer } = result;
  host.say(`exitrd: wrote ${quote(path)}: ${sayKey(signer)}`);
  // What went into a pipe or a device cannot be read again.
  const isKept = host.files.status(host.files.realPath(path) ?? path)?.kind === "file";
  const judged = isKept ? judgeHere(output ?? request.image, request, host) : undefined;
  if (judged !== undefined) host.say(`exitrd: ${judged.words}`);
  return answer({
    ...{ image: request.image, signature: path },
    signer: listSigner(signer),
    trustedHere: judged?.isTrusted ?? null,
  });
}

/**
 * Whether this machine trusts the signature. Often another machine than the one that signs loads
 * the image.
 */
function judgeHere(
  path: string,
  request: SignRequest,
  host: Pick<Host, Given>,
): { readonly isTrusted: boolean; readonly words: string } {
  const { settings } = readConfig(host.files);
  const commandLine = readCommandLine(host.files);
  const verification = readVerification(settings, commandLine, host.files, request.now);
  const asked = { ...verification, policy: "require" } as const;
  const bytes = trySys(() => host.files.readBytes(path, largestImage));
  if (!bytes.ok) {
    const words = `cannot read ${quote(path)} again: ${bytes.problem.words}`;
    return { isTrusted: false, words };
  }
  const verified = verifyImage(path, bytes.value, asked, host);
  if (verified.ok) return { isTrusted: true, words: "this machine trusts the signature" };
  const reason = describeVerifyProblem(verified.problem);
  const certificates = listCertificates(request.signing);
  const cure = `'install -D -m 644 ${certificates.at(-1)} /etc/exitrd/trusted.d/own.pem' and '${findUpdater(host.files)}'`;
  const words = `this machine does not trust the signature: ${reason}; for example ${cure}`;
  return { isTrusted: false, words };
}

function seal(
  request: SignRequest,
  output: string,
  host: Pick<Host, Given>,
): Checked<SignResult, Answer> {
  const checked = checkImage(
    host.files.readBytes(request.image, largestImage),
    undefined,
    host.codec,
  );
  if (!checked.ok) {
    const reason = describeProblem(checked.problem);
    const message = `cannot seal ${quote(request.image)}: ${reason}: build it with 'exitrd build'`;
    return refuse(fail("bad-image", message));
  }
  const { entries, manifest } = checked.value;
  const tree = sealTree(entries, host.codec.sha256);
  const mode = chooseImageMode(entries);
  const image = { tree, machine: manifest.architecture, output, mode };
  return accept(signSealed(image, request, listPorts(host)));
}

function listPorts({ writableFiles, commands, arithmetic, codec }: Pick<Host, Given>): SignPorts {
  return { files: writableFiles, commands, arithmetic, codec };
}
