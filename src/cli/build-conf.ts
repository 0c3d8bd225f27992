import { type Base, parseBuildConf, type Signing } from "../image/build-conf.ts";
import { buildConfLine } from "../image/report/build-conf-line.ts";
import { buildConf } from "../load/image-places.ts";
import type { ProgramFile } from "../pack/read-programs.ts";
import type { FileReader } from "../port/loader.ts";
import { trySys } from "../port/sys-error.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { LONGEST_CONFIG } from "../text/config-text.ts";
import { type Answer, fail } from "./envelope/answer.ts";

export function hasBuildConf(files: FileReader): boolean {
  return files.status(buildConf) !== undefined;
}

export interface BuildConfContents {
  readonly entries: readonly ProgramFile[];
  readonly signing: Signing | undefined;
  readonly base: Base | undefined;
}

/** The result for a missing file. */
export const emptyConf: BuildConfContents = { entries: [], signing: undefined, base: undefined };

/** Reads exitrd-build.conf(5). A missing file is the same as an empty one. */
export function readBuildConf(files: FileReader): Checked<BuildConfContents, Answer> {
  const conf = checkBuildConf(files);
  return conf.ok ? conf : refuse(fail("bad-configuration", `cannot build: ${conf.problem}`));
}

/** Like `readBuildConf`, but a problem is returned as text. */
export function checkBuildConf(files: FileReader): Checked<BuildConfContents, string> {
  if (!hasBuildConf(files)) return accept(emptyConf);
  const text = trySys(() => files.readText(buildConf, LONGEST_CONFIG));
  if (!text.ok) return refuse(`${buildConf}: ${text.problem.words}`);
  const conf = parseBuildConf(text.value);
  if (conf.kind === "conf") return accept(conf);
  return refuse(buildConfLine(buildConf, conf.line, conf.problem));
}
