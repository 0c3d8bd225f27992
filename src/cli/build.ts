import type { ProgramRole } from "../image/added-program.ts";
import { elfMachineOf, listArchitectures } from "../image/architecture.ts";
import type { Signing } from "../image/build-conf.ts";
import { numberVersion, parseImageVersion } from "../image/image-version.ts";
import { signatureOf } from "../image/sign/signature-path.ts";
import { buildConf, localImage } from "../load/image-places.ts";
import { readConfig } from "../load/read-config.ts";
import { readCommandLine, readVerification } from "../load/read-verification.ts";
import { type BuildRequest, buildImage, type ImageSigner } from "../pack/build-image.ts";
import { describeBuildFailure } from "../pack/describe-build-failure.ts";
import type { ProgramFile } from "../pack/read-programs.ts";
import { isSignedAlready, signBytes } from "../pack/sign-image.ts";
import { quote } from "../text/show-bytes.ts";
import { readBuildConf } from "./build-conf.ts";
import {
  type Arguments,
  type Command,
  defaultShutdown,
  type ExitCode,
  type Host,
} from "./command.ts";
import { formatKib } from "./format.ts";
import { listCertificates, readAll } from "./sign.ts";

/** The parts of the host that the command gets. */
type Given =
  | "files"
  | "writableFiles"
  | "codec"
  | "staged"
  | "machine"
  | "extensionTrees"
  | "version"
  | "commands"
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
      help: "Add FILE, named NN-name, to be run at each stage of the shutdown. Repeatable.",
    },
    {
      name: "--system-shutdown",
      value: "FILE",
      repeatable: true,
      help: "Add FILE, to be run last, as in systemd-shutdown(8). Repeatable.",
    },
    { name: "--shell", value: "FILE", help: "Add FILE, a static shell, as /bin/sh." },
    {
      name: "--tool",
      value: "FILE",
      repeatable: true,
      help: "Add FILE at its own path, with all libraries it needs. Repeatable.",
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
  run: (args, host) => {
    const architecture = args.values.get("--architecture") ?? host.machine;
    if (elfMachineOf(architecture) === undefined) {
      return refuse(
        `unknown architecture ${quote(architecture)}, expected one of ${listArchitectures().join(", ")}`,
        host,
      );
    }
    const mtime = parseEpoch(host.getenv("SOURCE_DATE_EPOCH") ?? "0");
    if (mtime === undefined) {
      return refuse("SOURCE_DATE_EPOCH is not a number of seconds: correct or unset it", host);
    }
    const given = args.values.get("--output");
    const isConfigured = args.flags.has("--configured");
    const nothing = { entries: [], signing: undefined };
    const conf = isConfigured || given === undefined ? readBuildConf(host) : nothing;
    if (conf === undefined) return 1;
    const imageVersion = readImageVersion(args, host);
    if (imageVersion === undefined) {
      return refuse("--image-version takes a whole number of at most nine digits", host);
    }
    const shutdown = args.values.get("--shutdown") ?? defaultShutdown;
    const output = given ?? localImage;
    // Whoever names a file gets it written.
    const signed = given === undefined && requiresSignatures(host) ? "keep" : "replace";
    const programs = [...(isConfigured ? conf.entries : []), ...listPrograms(args)];
    // A signature lies beside a file: there is no place for one in a pipe.
    const isFile = output !== "-" && !isStream(output, host.files);
    const signer = makeSigner(output, isFile ? conf.signing : undefined, host);
    if (signer === "wrong") return 1;
    const extensions = args.lists.get("--sysext") ?? [];
    const same = args.flags.has("--if-changed") ? "keep" : "replace";
    const { version } = host;
    const identity = { version, imageVersion, architecture, mtime };
    return build(
      { shutdown, output, ...identity, programs, extensions, same, signed, signer },
      host,
    );
  },
};

/** Whether a path is that of a pipe or a device. A link counts as what it leads to. */
function isStream(path: string, files: Pick<Host, Given>["files"]): boolean {
  if (files.status(path)?.kind !== "other") return false;
  const real = files.realPath(path);
  return (
    /^\/(?:dev|proc)\//.test(path) || (real !== undefined && files.status(real)?.kind !== "file")
  );
}

/** "wrong", and a message, where the certificate cannot be read. */
function makeSigner(
  image: string,
  signing: Signing | undefined,
  host: Pick<Host, Given>,
): ImageSigner | undefined | "wrong" {
  if (signing === undefined) return undefined;
  const anchors = readAll(listCertificates(signing), host);
  if (anchors === undefined) return "wrong";
  const request = { image, signing, anchors, now: host.now() };
  const { writableFiles: files, commands, arithmetic, codec } = host;
  return {
    sign: (bytes) => signBytes(bytes, request, { files, commands, arithmetic, codec }),
    accepts: (bytes, signature) => isSignedAlready(bytes, signature, request, arithmetic),
  };
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

function build(request: BuildRequest, host: Pick<Host, Given>): ExitCode {
  const { architecture, output } = request;
  const { codec, staged, machine, extensionTrees } = host;
  const ports = { files: host.writableFiles, codec, staged, machine, extensionTrees };
  const result = buildImage(request, ports);
  switch (result.kind) {
    case "failed":
      host.say(`exitrd: ${describeBuildFailure(result.failure)}`);
      return 1;
    case "same":
      host.say(`exitrd: ${quote(output)} is unchanged`);
      return 0;
    case "built":
      for (const { tool, library } of result.left) {
        host.say(
          `exitrd: cannot add ${quote(library)}, which ${quote(tool)} recommends: not installed, ignoring`,
        );
      }
      host.say(
        `exitrd: built ${quote(output)} for ${architecture}: ${formatKib(result.size)}${request.signer === undefined ? "" : ", signed"}`,
      );
      if (result.unsigned) {
        host.say(
          `exitrd: removed ${quote(signatureOf(output))}, which signed the old image: sign the new one with 'exitrd sign'`,
        );
      }
      return 0;
  }
}

function refuse(reason: string, host: Pick<Host, Given>): ExitCode {
  host.say(`exitrd: cannot build: ${reason}`);
  return 2;
}

/** newc stores the time in 32 bits. */
function parseEpoch(text: string): number | undefined {
  const seconds = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return seconds <= 0xffffffff ? seconds : undefined;
}
