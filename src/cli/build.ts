import { type BuildRequest, buildImage } from "../build/build-image.ts";
import { describeBuildFailure } from "../build/describe-build-failure.ts";
import { elfMachineOf, listArchitectures } from "../core/image/architecture.ts";
import {
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
    return build({ shutdown, output, version: host.version, architecture, mtime }, host);
  },
};

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
