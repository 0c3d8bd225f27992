import { parseParameters } from "../../teardown/settings/parse-parameters.ts";
import type { Setting, SettingName } from "../../teardown/settings/setting.ts";
import { SETTING_NAMES, SETTINGS } from "../../teardown/settings/settings.ts";
import type { Settings } from "../../teardown/settings/values.ts";
import type { Seen } from "./seen.ts";

/** A setting given somewhere, possibly with its default value. */
export interface SettingFact {
  /** "Wipe"; "exitrd.break" for a parameter that has no key. */
  readonly name: string;
  readonly value: string;
  /** A file, or /proc/cmdline; null if the value was assumed because a file cannot be read. */
  readonly file: string | null;
  readonly line: number | null;
}

/** Every setting in the configuration or on the kernel command line, which wins. */
export function listSettings({ config, commandLine }: Seen): readonly SettingFact[] {
  const parameters = parseParameters(commandLine);
  const set = SETTING_NAMES.flatMap((name) => {
    const [parameter] = format(parameters.settings, name);
    if (parameter !== undefined) return [{ ...parameter, file: "/proc/cmdline", line: null }];
    const { path: file = null, line = null } = config.origins.get(name) ?? {};
    return format(config.settings, name).map((fact) => ({ ...fact, file, line }));
  });
  const switches = [
    ...(parameters.breakAt === undefined ? [] : [["exitrd.break", parameters.breakAt] as const]),
    ...(parameters.isOff ? [["exitrd", "off"] as const] : []),
  ];
  const place = { file: "/proc/cmdline", line: null };
  return [...set, ...switches.map(([name, value]) => ({ name, value, ...place }))];
}

function format<K extends SettingName>(settings: Settings, name: K) {
  const value = settings[name];
  if (value === undefined) return [];
  const setting: Setting<K> = SETTINGS[name];
  return [{ name: setting.key, value: setting.format(value) }];
}
