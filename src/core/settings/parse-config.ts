import { joinLines, LONGEST_CONFIG, type SyntaxProblem } from "../parse/config-syntax.ts";
import { assignSetting } from "./assign-setting.ts";
import type { SettingName } from "./setting.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";
import type { Settings } from "./values.ts";

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/** What is wrong with a configuration, and where. The rest of it is used. */
export interface ConfigNote {
  readonly path: string;
  /** From 1; 0 where it is about the whole file. */
  readonly line: number;
  readonly problem: ConfigProblem;
}

export type ConfigProblem =
  | SyntaxProblem
  | { readonly kind: "wrong-value"; readonly name: SettingName; readonly value: string };

export interface Config {
  readonly settings: Settings;
  readonly notes: readonly ConfigNote[];
}

const SECTION = "[Exitrd]";

/**
 * Reads configuration files, one after another, as systemd reads its own
 * (systemd.syntax(7)): the last assignment counts, an empty one resets. Never
 * throws: whatever is wrong is a note, and takes nothing else with it.
 */
export function parseConfig(files: readonly ConfigFile[]): Config {
  const notes: ConfigNote[] = [];
  let settings: Settings = {};
  for (const { path, text } of files) {
    const note = (line: number, problem: ConfigProblem) => notes.push({ path, line, problem });
    if (text.length > LONGEST_CONFIG) {
      note(0, { kind: "too-long" });
      continue;
    }
    let section = "";
    for (const { line, words } of joinLines(text)) {
      if (words.startsWith("[")) {
        section = words;
        if (section !== SECTION) note(line, { kind: "unknown-section", section });
        continue;
      }
      const read = readAssignment(words, section, settings);
      if (read.ok) settings = read.settings;
      else note(line, read.problem);
    }
  }
  return { settings, notes };
}

type Read =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problem: ConfigProblem };

function readAssignment(words: string, section: string, before: Settings): Read {
  // What stands in a section that is not ours was noted with its name.
  if (section !== SECTION && section !== "") return { ok: true, settings: before };
  const equals = words.indexOf("=");
  if (equals < 0) return { ok: false, problem: { kind: "no-equals", text: words } };
  const key = words.slice(0, equals).trim();
  const value = words.slice(equals + 1).trim();
  if (section === "") return { ok: false, problem: { kind: "no-section", key } };
  const name = SETTING_NAMES.find((each) => SETTINGS[each].key === key);
  if (name === undefined) return { ok: false, problem: { kind: "unknown-key", key } };
  const settings = assignSetting(before, name, value);
  if (settings === undefined) return { ok: false, problem: { kind: "wrong-value", name, value } };
  return { ok: true, settings };
}
