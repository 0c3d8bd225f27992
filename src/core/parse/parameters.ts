import type { Settings } from "../settings.ts";
import { parseStage, type Stage } from "../stage.ts";
import { parseKernelCommandLine } from "./cmdline.ts";
import { assignSetting, type SettingName } from "./setting.ts";
import { assumeStrictest, findStrictest } from "./strictest.ts";

/** What the kernel command line asks for. */
export interface Parameters {
  readonly settings: Settings;
  /** Where a debug shell is to stop the shutdown. */
  readonly breakAt?: Stage;
  /** "exitrd.timeout=soon": what cannot be read, and is ignored but for `assumeStrictest`. */
  readonly wrong: readonly string[];
}

/** The parameters that set what a key of exitrd.conf(5) sets. */
export const PARAMETERS: ReadonlyMap<string, SettingName> = new Map([
  ["exitrd.timeout", "timeoutMs"],
  ["exitrd.log_level", "logLevel"],
  ["exitrd.zfs", "zfs"],
  ["exitrd.sysrq", "sysRq"],
  ["exitrd.wipe", "wipe"],
  ["exitrd.watchdog", "watchdog"],
  ["exitrd.verify", "verify"],
]);

const BREAK = "exitrd.break";

/** Reads our parameters from /proc/cmdline; the last of each counts. Never throws. */
export function parseParameters(commandLine: string): Parameters {
  let settings: Settings = {};
  let breakAt: Stage | undefined;
  const wrong: string[] = [];
  for (const { key, value } of parseKernelCommandLine(commandLine)) {
    const name = PARAMETERS.get(key);
    const said = value === undefined ? key : `${key}=${value}`;
    if (key === BREAK) {
      const stage = parseStage(value ?? "");
      if (stage === undefined) wrong.push(said);
      breakAt = stage ?? breakAt;
    } else if (name !== undefined) {
      // An empty value resets; what protects the machine cannot be reset by half a word.
      const isHalf = value === undefined || (value === "" && findStrictest(name) !== undefined);
      const read = isHalf ? undefined : assignSetting(settings, name, value);
      if (read === undefined) wrong.push(said);
      settings = read ?? assumeStrictest(settings, name);
    }
  }
  return { settings, ...(breakAt === undefined ? {} : { breakAt }), wrong };
}
