import { type BuildRequest, buildImage } from "../build/build-image.ts";
import { describeBuildFailure } from "../build/describe-build-failure.ts";
import type { ProgramFile } from "../build/read-programs.ts";
import type { ProgramRole } from "../core/image/added-program.ts";
import { elfMachineOf, listArchitectures } from "../core/image/architecture.ts";
import {
  type Arguments,
  type Command,
  defaultImage,
  defaultShutdown,
  type ExitCode,
  type Host,
} from "./command.ts";
import { formatKib } from "./format.ts";

export const buildCommand: Command = {
  name: "build",
  summary: "Build an image; the same input gives the same bytes.",
  options: [
    { name: "--output", value: "FILE", help: `Write FILE instead of ${defaultImage}.` },
    { name: "--shutdown", value: "FILE", help: `Take FILE instead of ${defaultShutdown}.` },
    {
      name: "--hook",
      value: "FILE",
      repeatable: true,
      help: "Add FILE, named NN-name, to run at each stage of the shutdown. Repeatable.",
    },
    {
      name: "--system-shutdown",
      value: "FILE",
      repeatable: true,
      help: "Add FILE, to run last, as in systemd-shutdown(8). Repeatable.",
    },
    { name: "--shell", value: "FILE", help: "Add FILE, a static shell, as /bin/sh." },
    { name: "--architecture", value: "NAME", help: "Build for NAME, as uname -m has it." },
  ],
  run: (args, host) => {
    const architecture = args.values.get("--architecture") ?? host.machine;
    if (elfMachineOf(architecture) === undefined) {
      return refuse(
        `unknown architecture '${architecture}': one of ${listArchitectures().join(", ")}`,
        host,
      );
    }
    const mtime = parseEpoch(host.getenv("SOURCE_DATE_EPOCH") ?? "0");
    if (mtime === undefined) {
      return refuse("SOURCE_DATE_EPOCH is no number of seconds: set it right or unset it", host);
    }
    const shutdown = args.values.get("--shutdown") ?? defaultShutdown;
    const output = args.values.get("--output") ?? defaultImage;
    const programs = listPrograms(args);
    return build({ shutdown, output, version: host.version, architecture, mtime, programs }, host);
  },
};

function listPrograms({ lists, values }: Arguments): readonly ProgramFile[] {
  const list = (role: ProgramRole, files: readonly string[] = []) =>
    files.map((file) => ({ role, file }));
  const shell = values.get("--shell");
  return [
    ...list("hook", lists.get("--hook")),
    ...list("system-shutdown", lists.get("--system-shutdown")),
    ...list("shell", shell === undefined ? [] : [shell]),
  ];
}

function build(request: BuildRequest, host: Host): ExitCode {
  const result = buildImage(request, host);
  if (result.kind === "failed") {
    host.say(`exitrd: ${describeBuildFailure(result.failure)}`);
    return 1;
  }
  const { architecture, output } = request;
  host.say(`exitrd: built '${output}' for ${architecture}: ${formatKib(result.size)}`);
  return 0;
}

function refuse(reason: string, host: Host): ExitCode {
  host.say(`exitrd: cannot build: ${reason}`);
  return 2;
}

/** newc has 32 bits for it. */
function parseEpoch(text: string): number | undefined {
  const seconds = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return seconds <= 0xffffffff ? seconds : undefined;
}
