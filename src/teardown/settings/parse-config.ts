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
  /** A file where a user may expect exitrd to look, but it does not. */
  | { readonly kind: "misplaced"; readonly meant: string }
  | { readonly kind: "wrong-value"; readonly name: SettingName; readonly value: string }
  /** Problems of the same file that have no note. */
  | { readonly kind: "more"; readonly count: number };

/** Nobody reads more, and a file of 64 KiB could have 30,000. */
const MOST_NOTES = 20;

export interface ConfigPlace {
  readonly path: string;
  readonly line: number;
}

export interface Config {
  readonly settings: Settings;
  /** Where each setting was last assigned. */
  readonly origins: ReadonlyMap<SettingName, ConfigPlace>;
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
  const origins = new Map<SettingName, ConfigPlace>();
  let settings: Settings = {};
  let isWhole = true;
  for (const { path, text } of files) {
    let count = 0;
    const note = (line: number, problem: ConfigProblem) => {
      count += 1;
      if (count <= MOST_NOTES) notes.push({ path, line, problem });
    };
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
      if (read.name !== undefined) origins.set(read.name, { path, line });
      if (read.problem !== undefined) note(line, read.problem);
    }
    const more = count - MOST_NOTES;
    if (more > 0) notes.push({ path, line: 0, problem: { kind: "more", count: more } });
  }
  return { settings: isWhole ? settings : assumeStrictest(settings), origins, notes };
}

interface Read {
  readonly settings: Settings;
  readonly name?: SettingName;
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
  if (!assigned.isWrong) return { settings: assigned.settings, name };
  const problem = { kind: "wrong-value", name, value } as const;
  // Without a strictest value, the previous one stays, and so does its place.
  const isUsed = SETTINGS[name].strictest !== undefined;
  return { settings: assigned.settings, ...(isUsed && { name }), problem };
}
