import { parseKernelCommandLine } from "../parse/cmdline.ts";
import { STAGES, type Stage } from "../stage.ts";
import { assignSetting } from "./assign-setting.ts";
import type { SettingName } from "./setting.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";
import { chooseFrom, yesOrNo } from "./value-forms.ts";
import type { Settings } from "./values.ts";

/** The settings on the kernel command line. */
export interface Parameters {
  readonly settings: Settings;
  /** The stage at which a debug shell interrupts the shutdown. */
  readonly breakAt?: Stage;
  /** exitrd=off: nothing is loaded at this boot. */
  readonly isOff?: true;
  /** Problems with our parameters. The others are used. */
  readonly notes: readonly ParameterNote[];
}

/** A parameter with an invalid value, or without one. */
export interface ParameterNote {
  readonly name: SettingName | "breakAt" | "isOff";
  /** The word on the command line: "exitrd.timeout=soon". */
  readonly text: string;
}

/** The parameters without a key in exitrd.conf(5). */
export const SWITCH_PARAMETER = { parameter: "exitrd", ...yesOrNo, wanted: "on or off" };
export const BREAK_PARAMETER = { parameter: "exitrd.break", ...chooseFrom(...STAGES) };

/** Reads our parameters from /proc/cmdline; the last of each is used. Never throws. */
export function parseParameters(commandLine: string): Parameters {
  let settings: Settings = {};
  let breakAt: Stage | undefined;
  let isOn = true;
  const notes: ParameterNote[] = [];
  for (const { key, value } of parseKernelCommandLine(commandLine)) {
    const text = value === undefined ? key : `${key}=${value}`;
    const name = SETTING_NAMES.find((each) => SETTINGS[each].parameter === key);
    if (key === BREAK_PARAMETER.parameter) {
      const stage = BREAK_PARAMETER.read(value ?? "", undefined);
      if (stage === undefined) notes.push({ name: "breakAt", text });
      breakAt = stage ?? breakAt;
    } else if (key === SWITCH_PARAMETER.parameter) {
      const read = SWITCH_PARAMETER.read(value ?? "", undefined);
      if (read === undefined) notes.push({ name: "isOff", text });
      isOn = read ?? isOn;
    } else if (name !== undefined) {
      // An empty value resets, but an incomplete word must not lower a protection.
      const isHalf = value === "" && SETTINGS[name].strictest !== undefined;
      const assigned = assignSetting(settings, name, isHalf ? undefined : value);
      if (assigned.isWrong) notes.push({ name, text });
      settings = assigned.settings;
    }
  }
  const off = isOn ? {} : ({ isOff: true } as const);
  return { settings, ...(breakAt === undefined ? {} : { breakAt }), ...off, notes };
}
