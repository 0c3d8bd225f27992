import type { Settings } from "../settings.ts";
import { assignSetting, type SettingName } from "./setting.ts";
import { assumeStrictest } from "./strictest.ts";

/** Far above any configuration; what is longer is none. */
export const LONGEST_CONFIG = 65_536;

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/** What is wrong with a configuration, and where: it is ignored but for `assumeStrictest`, and the rest counts. */
export interface ConfigNote {
  readonly path: string;
  /** From 1; 0 where it is about the whole file. */
  readonly line: number;
  readonly problem: ConfigProblem;
}

export type ConfigProblem =
  | { readonly kind: "unreadable"; readonly reason: string }
  | { readonly kind: "too-long" }
  | { readonly kind: "no-equals"; readonly text: string }
  | { readonly kind: "unknown-section"; readonly section: string }
  | { readonly kind: "no-section"; readonly key: string }
  | { readonly kind: "unknown-key"; readonly key: string }
  | { readonly kind: "wrong-value"; readonly key: string; readonly value: string };

export interface Config {
  readonly settings: Settings;
  readonly notes: readonly ConfigNote[];
}

const SECTION = "[Exitrd]";

/** The keys of exitrd.conf(5). */
export const CONFIG_KEYS: ReadonlyMap<string, SettingName> = new Map([
  ["Timeout", "timeoutMs"],
  ["StepTimeout", "stepLimits"],
  ["HookTimeout", "hookTimeoutMs"],
  ["LogLevel", "logLevel"],
  ["ZFS", "zfs"],
  ["SysRq", "sysRq"],
  ["Wipe", "wipe"],
  ["Watchdog", "watchdog"],
  ["HaltWatchdog", "haltWatchdog"],
  ["Verify", "verify"],
  ["Measure", "measure"],
  ["Seal", "seal"],
  ["ImagePCR", "imagePcr"],
  ["ExtensionPCR", "extensionPcr"],
]);

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
      settings = read.settings;
      if (!read.ok) note(line, read.problem);
    }
  }
  return { settings, notes };
}

type Read =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly settings: Settings; readonly problem: ConfigProblem };

function readAssignment(words: string, section: string, before: Settings): Read {
  // What stands in a section that is not ours was noted with its name.
  if (section !== SECTION && section !== "") return { ok: true, settings: before };
  const fail = (problem: ConfigProblem, settings = before): Read => ({
    ...{ ok: false, settings, problem },
  });
  const equals = words.indexOf("=");
  if (equals < 0) return fail({ kind: "no-equals", text: words });
  const key = words.slice(0, equals).trim();
  const value = words.slice(equals + 1).trim();
  if (section === "") return fail({ kind: "no-section", key });
  const name = CONFIG_KEYS.get(key);
  if (name === undefined) return fail({ kind: "unknown-key", key });
  const settings = assignSetting(before, name, value);
  if (settings !== undefined) return { ok: true, settings };
  return fail({ kind: "wrong-value", key, value }, assumeStrictest(before, name));
}

export interface Line {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly words: string;
}

/** Without comments and blank lines; one that ends in a backslash goes on in the next, behind a blank. */
export function joinLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  let start = 0;
  let pending = "";
  const finish = (words: string): void => {
    if (words !== "") lines.push({ line: start, words });
    pending = "";
    start = 0;
  };
  text.split("\n").forEach((raw, index) => {
    const part = raw.trim();
    if (part.startsWith("#") || part.startsWith(";")) return;
    if (start === 0) start = index + 1;
    if (part.endsWith("\\")) pending += `${part.slice(0, -1)} `;
    else finish((pending + part).trim());
  });
  finish(pending.trim());
  return lines;
}
