import type { ProgramRole } from "../image/added-program.ts";
import { elfMachineOf, listArchitectures } from "../image/architecture.ts";
import { type Base, parseBase, type Signing } from "../image/build-conf.ts";
import { numberVersion, parseImageVersion } from "../image/image-version.ts";
import { signatureOf } from "../image/sign/signature-path.ts";
import { isMadeFor } from "../image/sign/verify-detached.ts";
import { findRunningInitrd, isUnverifiedInitrd } from "../load/find-initrd.ts";
import { buildConf, localImage } from "../load/image-places.ts";
import { readConfig } from "../load/read-config.ts";
import { readCommandLine, readVerification } from "../load/read-verification.ts";
import {
  type BuildFailure,
  type BuildRequest,
  buildImage,
  type ImageSigner,
} from "../pack/build-image.ts";
import { describeBuildFailure } from "../pack/describe-build-failure.ts";
import type { InitrdRequest, ReadInitrd } from "../pack/read-initrd-part.ts";
import type { ProgramFile } from "../pack/read-programs.ts";
import { isSignedAlready, signBytes } from "../pack/sign-image.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { quote } from "../text/show-bytes.ts";
import { emptyConf, readBuildConf } from "./build-conf.ts";
import { type Arguments, type Command, defaultShutdown, type Host } from "./command.ts";
import { type Answer, answer, fail, misuse } from "./envelope/answer.ts";
import { formatKib } from "./format.ts";
import { readAll } from "./read-certificates.ts";
import { listCertificates } from "./sign.ts";

/** The parts of the host that this command uses. */
type Given =
  | "files"
  | "writableFiles"
  | "codec"
  | "staged"
  | "machine"
  | "extensionTrees"
  | "version"
  | "commands"
  | "reader"
  | "arithmetic"
  | "now"
  | "getenv"
  | "say";

export const buildCommand: Command<Given> = {
  name: "build",
  summary: "Build an image; the same input produces the same bytes.",
  options: [
    { name: "--output", value: "FILE", help: `Write FILE instead of ${localImage}.` },
    { name: "--shutdown", value: "FILE", help: `Use FILE instead of ${defaultShutdown}.` },
    {
      name: "--hook",
      value: "FILE",
      repeatable: true,
      help: "Add the hook FILE, named NN-name, which runs at each stage. Repeatable.",
    },
    {
      name: "--system-shutdown",
      value: "FILE",
      repeatable: true,
      help: "Add FILE to the scripts that run last, as in systemd-shutdown(8). Repeatable.",
    },
    { name: "--shell", value: "FILE", help: "Add FILE, a static shell, as /bin/sh." },
    {
      name: "--tool",
      value: "FILE",
      repeatable: true,
      help: "Add FILE at its own path, with all libraries it needs. Repeatable.",
    },
    {
      name: "--base",
      value: "initrd[=FILE]",
      help: "Begin with the contents of this kernel's initrd, or of FILE: no modules, no secrets.",
    },
    { name: "--configured", help: `Add what ${buildConf} lists.` },
    { name: "--if-changed", help: "Do not rewrite the image if its contents would not change." },
    {
      name: "--image-version",
      value: "N",
      help: "Set IMAGE_VERSION to N instead of deriving it from the program's version.",
    },
    {
      name: "--sysext",
      value: "PATH",
      repeatable: true,
      help: "Add the system or configuration extension PATH, a file or a directory. Repeatable.",
    },
    { name: "--architecture", value: "NAME", help: "Build for NAME, as printed by uname -m." },
  ],
  examples: [
    { line: "exitrd build --configured", words: "Build what exitrd-build.conf(5) lists." },
    {
      line: "exitrd build --tool /usr/sbin/zpool --output zfs.img",
      words: "Build an image with a tool and its libraries.",
    },
    {
      line: "exitrd build --base initrd",
      words: "Have the programs and hooks of the initrd at shutdown.",
    },
  ],
  run: (args, host) => {
    const architecture = args.values.get("--architecture") ?? host.machine;
    if (elfMachineOf(architecture) === undefined) {
      return misuse(
        `cannot build: unknown architecture ${quote(architecture)}, expected one of ${listArchitectures().join(", ")}`,
      );
    }
    const mtime = parseEpoch(host.getenv("SOURCE_DATE_EPOCH") ?? "0");
    if (mtime === undefined) {
      return misuse(
        "cannot build: SOURCE_DATE_EPOCH is not a number of seconds: correct or unset it",
      );
    }
    const given = args.values.get("--output");
    if (given === "-" && args.flags.has("--json")) {
      return misuse("cannot build: --json and --output - exclude each other: give one of them");
    }
    const isConfigured = args.flags.has("--configured");
    const isRead = isConfigured || given === undefined;
    const conf = isRead ? readBuildConf(host.files) : accept(emptyConf);
    if (!conf.ok) return conf.problem;
    const imageVersion = readImageVersion(args, host);
    if (imageVersion === undefined) {
      return misuse("cannot build: --image-version takes a whole number of at most nine digits");
    }
    const shutdown = args.values.get("--shutdown") ?? defaultShutdown;
    const output = given ?? localImage;
    // A file named on the command line is always written, even if the image would be unsigned.
    const signed = given === undefined && requiresSignatures(host) ? "keep" : "replace";
    const programs = [...(isConfigured ? conf.value.entries : []), ...listPrograms(args)];
    // The signature is a second file next to the image, which is not possible with a pipe.
    const isFile = output !== "-" && !isStream(output, host.files);
    const signer = makeSigner(output, isFile ? conf.value.signing : undefined, host);
    if (!signer.ok) return signer.problem;
    const base = findBase(args, isConfigured ? conf.value.base : undefined, host);
    if (!base.ok) return base.problem;
    const extensions = args.lists.get("--sysext") ?? [];
    const same = args.flags.has("--if-changed") ? "keep" : "replace";
    const { version } = host;
    const identity = { version, imageVersion, architecture, mtime };
    return build(
      {
        ...{ shutdown, output, ...identity, programs, extensions, same, signed },
        ...{ signer: signer.value, base: base.value },
      },
      host,
    );
  },
};

/** The initrd that was requested on the command line, or else in the configuration. */
function findBase(
  { values }: Arguments,
  configured: Base | undefined,
  { files, reader }: Pick<Host, Given>,
): Checked<InitrdRequest | undefined, Answer> {
  const given = values.get("--base");
  const base = given === undefined ? configured : parseBase(given);
  if (base === undefined) {
    return given === undefined
      ? accept(undefined)
      : refuse(misuse("cannot build: --base takes 'initrd' or 'initrd=' and a file"));
  }
  const release = reader.kernelRelease();
  const path = base.initrd ?? findRunningInitrd(release, files);
  // Root vouches for a file that is named.
  if (path !== undefined && base.initrd === undefined && isUnverifiedInitrd(path, files)) {
    const message = `cannot build: Secure Boot verified the initrd that was booted, but not ${quote(path)}, which is on another disk than this program: copy an initrd that you trust to this disk, and name it with --base initrd=FILE`;
    return refuse(fail("build-unverified-initrd", message));
  }
  if (path !== undefined) return accept({ path, commandLine: readCommandLine(files) });
  const message = `cannot build: the initrd of Linux ${release} was not found: name it with --base initrd=FILE`;
  return refuse(fail("build-no-initrd", message));
}

/** Whether the path is a pipe or a device. Symbolic links are followed. */
function isStream(path: string, files: Pick<Host, Given>["files"]): boolean {
  if (files.status(path)?.kind !== "other") return false;
  const real = files.realPath(path);
  return (
    /^\/(?:dev|proc)\//.test(path) || (real !== undefined && files.status(real)?.kind !== "file")
  );
}

function makeSigner(
  image: string,
  signing: Signing | undefined,
  host: Pick<Host, Given>,
): Checked<ImageSigner | undefined, Answer> {
  if (signing === undefined) return accept(undefined);
  const anchors = readAll(listCertificates(signing), host);
  if (!anchors.ok) return anchors;
  const request = { image, signing, anchors: anchors.value, now: host.now() };
  const { writableFiles: files, commands, arithmetic, codec } = host;
  return accept({
    sign: (bytes) => signBytes(bytes, request, { files, commands, arithmetic, codec }),
    accepts: (bytes, signature) => isSignedAlready(bytes, signature, request, arithmetic),
    isMadeFor: (bytes, signature) => isMadeFor(bytes, signature, anchors.value, arithmetic),
  });
}

function requiresSignatures(host: Pick<Host, Given>): boolean {
  const { settings } = readConfig(host.files);
  const commandLine = readCommandLine(host.files);
  return readVerification(settings, commandLine, host.files, host.now()).policy === "require";
}

function readImageVersion(
  { values }: Arguments,
  { version }: Pick<Host, Given>,
): number | undefined {
  const text = values.get("--image-version");
  return text === undefined ? numberVersion(version) : parseImageVersion(text);
}

function listPrograms({ lists, values }: Arguments): readonly ProgramFile[] {
  const list = (role: ProgramRole, files: readonly string[] = []) =>
    files.map((file) => ({ role, file }));
  const shell = values.get("--shell");
  return [
    ...list("hook", lists.get("--hook")),
    ...list("system-shutdown", lists.get("--system-shutdown")),
    ...list("shell", shell === undefined ? [] : [shell]),
    ...list("tool", lists.get("--tool")),
  ];
}

function build(request: BuildRequest, host: Pick<Host, Given>): Answer {
  const { architecture, output } = request;
  const { codec, staged, machine, extensionTrees, commands } = host;
  const ports = { files: host.writableFiles, codec, staged, machine, extensionTrees, commands };
  const result = buildImage(request, ports);
  switch (result.kind) {
    case "failed":
      return failBuild(result.failure, request.programs);
    case "same":
      host.say(`exitrd: ${quote(output)} is unchanged`);
      return answer({
        output,
        architecture,
        outcome: "unchanged",
        sizeBytes: null,
        signed: null,
        base: null,
      });
    case "built":
      for (const { tool, library } of result.left) {
        host.say(
          `exitrd: cannot add ${quote(library)}, which ${quote(tool)} recommends: not installed, ignoring`,
        );
      }
      if (result.base !== undefined) for (const line of sayBase(result.base)) host.say(line);
      host.say(
        `exitrd: built ${quote(output)} for ${architecture}: ${formatKib(result.size)}${request.signer === undefined ? "" : ", signed"}`,
      );
      if (result.unsigned) {
        host.say(
          `exitrd: removed ${quote(signatureOf(output))}, which signed the old image: sign the new one with 'exitrd sign'`,
        );
      }
      return answer({
        ...{ output, architecture, outcome: "built", sizeBytes: result.size },
        signed: request.signer !== undefined,
        base: result.base === undefined ? null : listBase(result.base),
      });
  }
}

function sayBase({ path, secrets, leftOut, ran, needless }: ReadInitrd): readonly string[] {
  return [
    `exitrd: the base is ${quote(path)}, without ${leftOut} modules, firmware and other files of no use at shutdown`,
    ...secrets.map((one) => `exitrd: left out ${quote(one)}, which may be a secret`),
    ...needless.map((one) => `exitrd: left out ${quote(one)}, whose work PID 1 does`),
    ...ran.map(({ path: hook, stage }) => `exitrd: ${quote(hook)} will run ${stage}`),
  ];
}

function listBase({ path, secrets, leftOut, ran, needless }: ReadInitrd) {
  const hooks = ran.map(({ path: hook, stage }) => ({ path: hook, stage }));
  return { path, secrets, leftOut, hooks, needlessHooks: needless };
}

function failBuild(failure: BuildFailure, programs: readonly ProgramFile[]): Answer {
  const errno = "error" in failure ? failure.error.code : undefined;
  const path = "path" in failure ? failure.path : undefined;
  const line = programs.find(({ file }) => file === path)?.line;
  const place = line === undefined ? "" : `${buildConf}:${line}: `;
  return fail(`build-${failure.kind}`, `${place}${describeBuildFailure(failure)}`, errno);
}

/** newc stores the time in 32 bits. */
function parseEpoch(text: string): number | undefined {
  const seconds = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return seconds <= 0xffffffff ? seconds : undefined;
}
