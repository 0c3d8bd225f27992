import { findClosest } from "../../text/closest-word.ts";
import { quote } from "../../text/show-bytes.ts";
import type { ConfigNote, ConfigProblem } from "../settings/parse-config.ts";
import {
  BREAK_PARAMETER,
  type ParameterNote,
  SWITCH_PARAMETER,
} from "../settings/parse-parameters.ts";
import type { Setting, SettingName } from "../settings/setting.ts";
import { SETTING_NAMES, SETTINGS } from "../settings/settings.ts";

/** "/etc/exitrd.conf:3: cannot read Timeout='soon': expected …, ignoring". */
export function configLine({ path, line, problem }: ConfigNote): string {
  const place = line === 0 ? path : `${path}:${line}`;
  return `${place}: ${describeProblem(problem)}`;
}

/** "/proc/cmdline: cannot read 'exitrd.timeout=soon': expected …, ignoring". */
export function parameterLine({ name, text }: ParameterNote): string {
  return `/proc/cmdline: cannot read ${quote(text)}: ${describeWrongParameter(name, text)}`;
}

const KEYS = SETTING_NAMES.map((name) => SETTINGS[name].key);

/** " (did you mean 'Timeout'?)" */
function suggest(word: string, known: readonly string[]): string {
  const closest = findClosest(word, known);
  return closest === undefined ? "" : ` (did you mean ${quote(closest)}?)`;
}

function describeWrongParameter(name: ParameterNote["name"], text: string): string {
  switch (name) {
    case "breakAt":
      return `expected ${BREAK_PARAMETER.wanted}, ignoring`;
    case "isOff":
      return `expected ${SWITCH_PARAMETER.wanted}, ignoring`;
    default:
      return describeWrongValue(name, text.slice(text.indexOf("=") + 1));
  }
}

function describeProblem(problem: ConfigProblem): string {
  switch (problem.kind) {
    case "unreadable":
      return `${problem.reason}, ${sayStrictest()}`;
    case "too-long":
      return `longer than 64 KiB, ${sayStrictest()}`;
    case "no-equals":
      return `no '=' in ${quote(problem.text)}, ignoring`;
    case "unknown-section":
      return `unknown section ${quote(problem.section)}, expected [Exitrd], ignoring`;
    case "no-section":
      return `${quote(problem.key)} is assigned outside of [Exitrd], ignoring`;
    case "unknown-key":
      return `unknown key ${quote(problem.key)}${suggest(problem.key, KEYS)}, ignoring`;
    case "misplaced":
      return `not read: move it to ${quote(problem.meant)}, ignoring`;
    case "more":
      return `${problem.count} more lines have such problems, ignoring`;
    case "wrong-value": {
      const { name, value } = problem;
      return `cannot read ${SETTINGS[name].key}=${quote(value)}: ${describeWrongValue(name, value)}`;
    }
  }
}

/** The expected value, and what is used instead of the wrong one. */
function describeWrongValue<K extends SettingName>(name: K, value: string): string {
  const setting: Setting<K> = SETTINGS[name];
  const { strictest } = setting;
  const used = strictest === undefined ? "ignoring" : `using ${setting.format(strictest)}`;
  return `${setting.explain?.(value) ?? `expected ${setting.wanted}`}, ${used}`;
}

/**
 * "using Verify=require, Measure=require, Seal=verity": the consequence of a file that cannot be
 * read.
 */
function sayStrictest(): string {
  return `using ${SETTING_NAMES.flatMap(formatStrictest).join(", ")}`;
}

function formatStrictest<K extends SettingName>(name: K): readonly string[] {
  const { key, strictest, format }: Setting<K> = SETTINGS[name];
  return strictest === undefined ? [] : [`${key}=${format(strictest)}`];
}
