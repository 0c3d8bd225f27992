import type { Setting, SettingName } from "./setting.ts";
import { SETTINGS } from "./settings.ts";
import type { Settings } from "./values.ts";

/**
 * Returns `settings` with one of them set to what `text` says, or reset by an
 * empty one; undefined for a wrong value.
 */
export function assignSetting<K extends SettingName>(
  settings: Settings,
  name: K,
  text: string,
): Settings | undefined {
  if (text === "") {
    const { [name]: _, ...rest } = settings;
    return rest;
  }
  const setting: Setting<K> = SETTINGS[name];
  // tsc takes `Settings[K]` for a SettingValue<K> only behind "??".
  const before = settings[name] ?? undefined;
  const value = setting.read(text, before);
  return value === undefined ? undefined : { ...settings, [name]: value };
}
