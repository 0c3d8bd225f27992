import { joinLines, LONGEST_CONFIG, type SyntaxProblem } from "../../text/config-text.ts";
import { assignSetting, assumeStrictest } from "./assign-setting.ts";
import type { SettingName } from "./setting.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";
import type { Settings } from "./values.ts";

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/** A problem in a configuration file, and its position. The rest of the file is used. */
export interface ConfigNote {
  readonly path: string;
  /** From 1; 0 for the whole file. */
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
 * (systemd.syntax(7)): the last assignment wins, an empty one resets. Never
 * throws: an error becomes a note, and the other lines are used. A file that is
 * too long is not read, and makes the settings the strictest.
 */
export function parseConfig(files: readonly ConfigFile[]): Config {
  const notes: ConfigNote[] = [];
  let settings: Settings = {};
  let isWhole = true;
  for (const { path, text } of files) {
    const note = (line: number, problem: ConfigProblem) => notes.push({ path, line, problem });
    if (text.length > LONGEST_CONFIG) {
      note(0, { kind: "too-long" });
      isWhole = false;
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
      settings = read.settings;
      if (read.problem !== undefined) note(line, read.problem);
    }
  }
  return { settings: isWhole ? settings : assumeStrictest(settings), notes };
}

interface Read {
  readonly settings: Settings;
  readonly problem?: ConfigProblem;
}

function readAssignment(words: string, section: string, settings: Settings): Read {
  // A section that is not ours was noted with its name, so its lines need no notes.
  if (section !== SECTION && section !== "") return { settings };
  const equals = words.indexOf("=");
  if (equals < 0) return { settings, problem: { kind: "no-equals", text: words } };
  const key = words.slice(0, equals).trim();
  const value = words.slice(equals + 1).trim();
  if (section === "") return { settings, problem: { kind: "no-section", key } };
  const name = SETTING_NAMES.find((each) => SETTINGS[each].key === key);
  if (name === undefined) return { settings, problem: { kind: "unknown-key", key } };
  const assigned = assignSetting(settings, name, value);
  if (!assigned.isWrong) return assigned;
  return { settings: assigned.settings, problem: { kind: "wrong-value", name, value } };
}
