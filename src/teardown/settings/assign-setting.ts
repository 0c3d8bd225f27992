import type { Setting, SettingName } from "./setting.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";
import type { Settings } from "./values.ts";

export interface Assigned {
  readonly settings: Settings;
  /** The value was wrong: `settings` has the strictest one, or what was set before. */
  readonly isWrong: boolean;
}

/**
 * Sets one of `settings` to what `text` says; an empty one resets it. A wrong
 * value, or none at all (undefined), makes it the strictest that there is.
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
  // tsc takes `Settings[K]` for a SettingValue<K> only behind "??".
  const before = settings[name] ?? undefined;
  const value = text === undefined ? undefined : setting.read(text, before);
  const used = value ?? setting.strictest;
  return {
    settings: used === undefined ? settings : { ...settings, [name]: used },
    isWrong: value === undefined,
  };
}

/**
 * The strictest of everything that protects the machine, in place of what `settings` has:
 * a file that cannot be read may have asked for it.
 */
export function assumeStrictest(settings: Settings): Settings {
  return SETTING_NAMES.reduce(assumeStrictestOf, settings);
}

function assumeStrictestOf<K extends SettingName>(settings: Settings, name: K): Settings {
  const { strictest }: Setting<K> = SETTINGS[name];
  return strictest === undefined ? settings : { ...settings, [name]: strictest };
}
