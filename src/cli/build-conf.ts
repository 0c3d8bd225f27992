import { parseBuildConf, type Signing } from "../image/build-conf.ts";
import { buildConfLine } from "../image/report/build-conf-line.ts";
import { buildConf } from "../load/image-places.ts";
import type { ProgramFile } from "../pack/read-programs.ts";
import type { FileReader } from "../port/loader.ts";
import { trySys } from "../port/sys-error.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
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
  const conf = checkBuildConf(host.files);
  if (conf.ok) return conf.value;
  host.say(`exitrd: cannot build: ${conf.problem}`);
  return undefined;
}

/** The same, with what is wrong in words. */
export function checkBuildConf(files: FileReader): Checked<BuildConfContents, string> {
  if (!hasBuildConf(files)) return accept({ entries: [], signing: undefined });
  const text = trySys(() => files.readText(buildConf, LONGEST_CONFIG));
  if (!text.ok) return refuse(`${buildConf}: ${text.problem.words}`);
  const conf = parseBuildConf(text.value);
  if (conf.kind === "conf") return accept(conf);
  return refuse(buildConfLine(buildConf, conf.line, conf.problem));
}
