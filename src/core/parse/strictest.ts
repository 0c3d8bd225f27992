import type { Settings } from "../settings.ts";
import type { SettingName } from "./setting.ts";

/**
 * What the settings that protect the machine are where their value cannot be read: who
 * misspells "require" has asked for something, and nobody reads a warning at boot.
 */
export const STRICTEST = {
  verify: "require",
  measure: "require",
  seal: "verity",
} as const satisfies Settings;

/** Undefined for a setting that protects nothing: a wrong value leaves it as it was. */
export function findStrictest(name: SettingName): string | undefined {
  const strictest: Partial<Record<SettingName, string>> = STRICTEST;
  return strictest[name];
}

/** The settings after a wrong value of `name`. */
export function assumeStrictest(settings: Settings, name: SettingName): Settings {
  const strictest = findStrictest(name);
  return strictest === undefined ? settings : { ...settings, [name]: strictest };
}
