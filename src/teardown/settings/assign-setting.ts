import type { Setting, SettingName } from "./setting.ts";
import { SETTINGS } from "./settings.ts";
import type { Settings } from "./values.ts";

export interface Assigned {
  readonly settings: Settings;
  /** The value was invalid: `settings` has the strictest one, or the previous one. */
  readonly isWrong: boolean;
}

/**
 * Sets one of `settings` to the value in `text`; an empty one resets it. An invalid or missing value
 * (undefined) sets it to the strictest one, if the setting has one.
 */
export function assignSetting<K extends SettingName>(
  settings: Settings,
  name: K,
  text: string | undefined,
): Assigned {
  if (text === "") {
    const { [name]: _, ...rest } = settings;
    return { settings: rest, isWrong: false };
  }
  const setting: Setting<K> = SETTINGS[name];
  // tsc accepts `Settings[K]` as a SettingValue<K> only after "??".
  const before = settings[name] ?? undefined;
  const value = text === undefined ? undefined : setting.read(text, before);
  const used = value ?? setting.strictest;
  return {
    settings: used === undefined ? settings : { ...settings, [name]: used },
    isWrong: value === undefined,
  };
}
