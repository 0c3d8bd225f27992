import { joinLines, LONGEST_CONFIG, type SyntaxProblem } from "../text/config-text.ts";
import type { ProgramRole } from "./added-program.ts";

/** One assignment of build.conf: a program for every image that is built. */
export interface BuildConfEntry {
  readonly role: ProgramRole;
  readonly file: string;
}

export type BuildConf =
  | { readonly kind: "conf"; readonly entries: readonly BuildConfEntry[] }
  /** `line` from 1; 0 where it is about the whole file. */
  | { readonly kind: "wrong"; readonly line: number; readonly problem: BuildConfProblem };

export type BuildConfProblem =
  | SyntaxProblem
  | { readonly kind: "wrong-value"; readonly key: string; readonly value: string };

const section = "[Build]";

/** The keys of exitrd-build.conf(5). */
export const BUILD_KEYS: ReadonlyMap<string, ProgramRole> = new Map([
  ["Tool", "tool"],
  ["Hook", "hook"],
  ["SystemShutdown", "system-shutdown"],
  ["Shell", "shell"],
]);

/**
 * Reads build.conf (systemd.syntax(7)); an empty value resets the list of its key. Unlike in
 * exitrd.conf, one invalid line is fatal: an image must not lack a program that was requested.
 */
export function parseBuildConf(text: string): BuildConf {
  if (text.length > LONGEST_CONFIG)
    return { kind: "wrong", line: 0, problem: { kind: "too-long" } };
  let entries: readonly BuildConfEntry[] = [];
  let isOurs = false;
  for (const { line, words } of joinLines(text)) {
    const problem = words.startsWith("[") ? checkSection(words) : checkAssignment(words, isOurs);
    if (problem !== undefined) return { kind: "wrong", line, problem };
    if (words.startsWith("[")) isOurs = true;
    else entries = addEntry(entries, words);
  }
  return { kind: "conf", entries };
}

function checkSection(words: string): BuildConfProblem | undefined {
  return words === section ? undefined : { kind: "unknown-section", section: words };
}

function checkAssignment(words: string, isOurs: boolean): BuildConfProblem | undefined {
  const { key, value } = split(words);
  if (value === undefined) return { kind: "no-equals", text: words };
  if (!isOurs) return { kind: "no-section", key };
  if (!BUILD_KEYS.has(key)) return { kind: "unknown-key", key };
  // Rebuilds run in another directory.
  const isUsable = value === "" || value.startsWith("/");
  return isUsable ? undefined : { kind: "wrong-value", key, value };
}

function addEntry(entries: readonly BuildConfEntry[], words: string): readonly BuildConfEntry[] {
  const { key, value = "" } = split(words);
  const role = BUILD_KEYS.get(key);
  if (role === undefined) throw new Error(`an assignment of '${key}' that was not checked`);
  // There is only one shell; the other keys are lists.
  const isReset = value === "" || role === "shell";
  const kept = isReset ? entries.filter((entry) => entry.role !== role) : entries;
  return value === "" ? kept : [...kept, { role, file: value }];
}

function split(words: string): { readonly key: string; readonly value: string | undefined } {
  const equals = words.indexOf("=");
  if (equals < 0) return { key: words, value: undefined };
  return { key: words.slice(0, equals).trim(), value: words.slice(equals + 1).trim() };
}
