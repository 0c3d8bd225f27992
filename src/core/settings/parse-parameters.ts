import { parseKernelCommandLine } from "../parse/cmdline.ts";
import { parseStage, type Stage } from "../stage.ts";
import { assignSetting } from "./assign-setting.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";
import type { Settings } from "./values.ts";

/** What the kernel command line asks for. */
export interface Parameters {
  readonly settings: Settings;
  /** Where a debug shell is to stop the shutdown. */
  readonly breakAt?: Stage;
  /** "exitrd.timeout=soon": what cannot be read, and does not count. */
  readonly wrong: readonly string[];
}

const BREAK = "exitrd.break";

/** Reads our parameters from /proc/cmdline; the last of each counts. Never throws. */
export function parseParameters(commandLine: string): Parameters {
  let settings: Settings = {};
  let breakAt: Stage | undefined;
  const wrong: string[] = [];
  for (const { key, value } of parseKernelCommandLine(commandLine)) {
    const name = SETTING_NAMES.find((each) => SETTINGS[each].parameter === key);
    const said = value === undefined ? key : `${key}=${value}`;
    if (key === BREAK) {
      const stage = parseStage(value ?? "");
      if (stage === undefined) wrong.push(said);
      breakAt = stage ?? breakAt;
    } else if (name !== undefined) {
      const read = value === undefined ? undefined : assignSetting(settings, name, value);
      if (read === undefined) wrong.push(said);
      settings = read ?? settings;
    }
  }
  return { settings, ...(breakAt === undefined ? {} : { breakAt }), wrong };
}
