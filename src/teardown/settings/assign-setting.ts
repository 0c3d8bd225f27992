import type { Setting, SettingName } from "./setting.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";
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

/**
 * Sets all settings that protect the machine to their strictest values: a file that cannot be read
 * may have contained them.
 */
export function assumeStrictest(settings: Settings): Settings {
  return SETTING_NAMES.reduce(assumeStrictestOf, settings);
}

function assumeStrictestOf<K extends SettingName>(settings: Settings, name: K): Settings {
  const { strictest }: Setting<K> = SETTINGS[name];
  return strictest === undefined ? settings : { ...settings, [name]: strictest };
}
