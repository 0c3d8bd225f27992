import { deadlineSettings } from "./deadline-settings.ts";
import { loaderSettings } from "./loader-settings.ts";
import type { SettingName, SettingTable } from "./setting.ts";
import { teardownSettings } from "./teardown-settings.ts";

/** Every key of exitrd.conf(5), in the order of the man page. */
export const SETTINGS: SettingTable = {
  ...deadlineSettings,
  ...teardownSettings,
  ...loaderSettings,
};

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];
