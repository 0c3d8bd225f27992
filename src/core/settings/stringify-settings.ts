import type { SettingName } from "./assign-setting.ts";
import { CONFIG_KEYS } from "./parse-config.ts";
import type { Settings, StepLimits } from "./values.ts";

/**
 * The text that PID 1 reads: `parseConfig` makes the same settings of it, and
 * the same settings give the same text.
 */
export function stringifySettings(settings: Settings): string {
  const lines = [...CONFIG_KEYS].flatMap(([key, name]) => {
    const value = formatSetting(settings, name);
    return value === undefined ? [] : [`${key}=${value}`];
  });
  return ["# Written by 'exitrd load'.", "[Exitrd]", ...lines, ""].join("\n");
}

function formatSetting(settings: Settings, name: SettingName): string | undefined {
  switch (name) {
    case "timeoutMs":
    case "hookTimeoutMs":
    case "watchdog": {
      const value = settings[name];
      return typeof value === "number" ? `${value}ms` : value;
    }
    case "stepLimits":
      return settings.stepLimits && formatStepLimits(settings.stepLimits);
    case "sysRq":
    case "wipe":
      return formatBoolean(settings[name]);
    case "logLevel":
    case "imagePcr":
    case "extensionPcr":
      return settings[name]?.toString();
    case "zfs":
    case "haltWatchdog":
    case "verify":
    case "measure":
    case "seal":
      return settings[name];
  }
}

function formatBoolean(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : value ? "yes" : "no";
}

function formatStepLimits(limits: StepLimits): string {
  const sorted = [...limits].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([kind, limitMs]) => `${kind}:${limitMs}ms`).join(" ");
}
