import { parseBuildConf, type Signing } from "../image/build-conf.ts";
import { buildConfLine } from "../image/report/build-conf-line.ts";
import { buildConf } from "../load/image-places.ts";
import type { ProgramFile } from "../pack/read-programs.ts";
import type { FileReader } from "../port/files.ts";
import { trySys } from "../port/sys-failure.ts";
import { LONGEST_CONFIG } from "../text/config-text.ts";
import type { Host } from "./command.ts";

export function hasBuildConf(files: FileReader): boolean {
  return files.status(buildConf) !== undefined;
}

export interface BuildConfContents {
  readonly entries: readonly ProgramFile[];
  readonly signing: Signing | undefined;
}

/** Undefined, and a message, for a file that cannot be read; a missing one asks for nothing. */
export function readBuildConf(host: Pick<Host, "files" | "say">): BuildConfContents | undefined {
  if (!hasBuildConf(host.files)) return { entries: [], signing: undefined };
  const text = trySys(() => host.files.readText(buildConf, LONGEST_CONFIG));
  if (!text.ok) {
    host.say(`exitrd: cannot build: ${buildConf}: ${text.problem.words}`);
    return undefined;
  }
  const conf = parseBuildConf(text.value);
  if (conf.kind === "conf") return conf;
  host.say(`exitrd: cannot build: ${buildConfLine(buildConf, conf.line, conf.problem)}`);
  return undefined;
}
