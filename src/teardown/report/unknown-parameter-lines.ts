import { findClosest } from "../../text/closest-word.ts";
import { quote } from "../../text/show-bytes.ts";
import { parseKernelCommandLine } from "../parse/cmdline.ts";
import { BREAK_PARAMETER, SWITCH_PARAMETER } from "../settings/parse-parameters.ts";
import { SETTING_NAMES, SETTINGS } from "../settings/settings.ts";

const KNOWN = [
  ...SETTING_NAMES.flatMap((name) => SETTINGS[name].parameter ?? []),
  SWITCH_PARAMETER.parameter,
  BREAK_PARAMETER.parameter,
];

/** "/proc/cmdline: unknown parameter 'exitrd.verfy' (did you mean 'exitrd.verify'?), ignoring" */
export function unknownParameterLines(commandLine: string): readonly string[] {
  const keys = parseKernelCommandLine(commandLine).map(({ key }) => key);
  const unknown = keys.filter((key) => key.startsWith("exitrd.") && !KNOWN.includes(key));
  return unknown.map((key) => {
    const closest = findClosest(key, KNOWN);
    const cure = closest === undefined ? "" : ` (did you mean ${quote(closest)}?)`;
    return `/proc/cmdline: unknown parameter ${quote(key)}${cure}, ignoring`;
  });
}
