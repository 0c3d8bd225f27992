import type { Setting, SettingName } from "./setting.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";
import type { Settings } from "./values.ts";

/**
 * The configuration for PID 1: `parseConfig` returns the same settings for it, and equal settings
 * give equal text.
 */
export function stringifySettings(settings: Settings): string {
  const lines = SETTING_NAMES.flatMap((name) => formatSetting(settings, name));
  return ["# Written by 'exitrd load'.", "[Exitrd]", ...lines, ""].join("\n");
}

function formatSetting<K extends SettingName>(settings: Settings, name: K): readonly string[] {
  const value = settings[name];
  if (value === undefined) return [];
  const setting: Setting<K> = SETTINGS[name];
  return [`${setting.key}=${setting.format(value)}`];
}
