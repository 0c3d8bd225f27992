import { MANUAL } from "../src/teardown/settings/manual.ts";
import type { SettingName } from "../src/teardown/settings/setting.ts";
import { SETTING_NAMES, SETTINGS } from "../src/teardown/settings/settings.ts";

const BEGIN = "# OPTIONS\n\n";
const END = "# EXAMPLES\n";

/** Returns exitrd.conf(5) with the section of its keys regenerated from `MANUAL`. */
export function renderManual(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`no ${BEGIN.trim()} before ${END.trim()}`);
  const keys = SETTING_NAMES.map(renderKey).join("");
  return page.slice(0, begin + BEGIN.length) + keys + page.slice(end);
}

function renderKey(name: SettingName): string {
  // No tab on an empty line: editors remove it, and the page would be out of date.
  const lines = MANUAL[name].trim().split("\n");
  const indented = lines.map((line) => (line === "" ? "" : `\t${line}`));
  return [`_${SETTINGS[name].key}=_`, ...indented, "", ""].join("\n");
}
