import { joinLines, LONGEST_CONFIG, type SyntaxProblem } from "../text/config-text.ts";
import type { ProgramRole } from "./added-program.ts";

/** One assignment of build.conf: a program for every image that is built. */
export interface BuildConfEntry {
  readonly role: ProgramRole;
  readonly file: string;
}

/** How every image that is built here is signed. */
export type Signing =
  | {
      readonly kind: "key";
      /** A file, or what an engine or a provider takes for one. */
      readonly key: string;
      readonly certificate: string;
      readonly chain: string | undefined;
      readonly engine: string | undefined;
      readonly provider: string | undefined;
    }
  /** A program that is given the image's path and prints the signature. */
  | { readonly kind: "command"; readonly command: string; readonly certificate: string };

export type BuildConf =
  | {
      readonly kind: "conf";
      readonly entries: readonly BuildConfEntry[];
      readonly signing: Signing | undefined;
    }
  /** `line` from 1; 0 where it is about the whole file. */
  | { readonly kind: "wrong"; readonly line: number; readonly problem: BuildConfProblem };

export type BuildConfProblem =
  | SyntaxProblem
  | { readonly kind: "wrong-value"; readonly key: string; readonly value: string }
  /** One key without another that it needs. */
  | { readonly kind: "incomplete"; readonly key: string; readonly needs: string }
  | { readonly kind: "exclusive"; readonly key: string; readonly other: string };

const section = "[Build]";

/** The keys of exitrd-build.conf(5). */
export const BUILD_KEYS: ReadonlyMap<string, ProgramRole> = new Map([
  ["Tool", "tool"],
  ["Hook", "hook"],
  ["SystemShutdown", "system-shutdown"],
  ["Shell", "shell"],
]);

type SignField = "key" | "certificate" | "chain" | "engine" | "provider" | "command";

/** Those that say how to sign. Each has one value, the last one. */
export const SIGN_KEYS: ReadonlyMap<string, SignField> = new Map([
  ["Sign", "key"],
  ["SignCertificate", "certificate"],
  ["SignChain", "chain"],
  ["SignEngine", "engine"],
  ["SignProvider", "provider"],
  ["SignCommand", "command"],
]);

/**
 * Reads build.conf (systemd.syntax(7)); an empty value resets the list of its key. Unlike in
 * exitrd.conf, one invalid line is fatal: an image must not lack a program that was requested.
 */
export function parseBuildConf(text: string): BuildConf {
  if (text.length > LONGEST_CONFIG)
    return { kind: "wrong", line: 0, problem: { kind: "too-long" } };
  let entries: readonly BuildConfEntry[] = [];
  const fields = new Map<SignField, string>();
  let isOurs = false;
  for (const { line, words } of joinLines(text)) {
    const problem = words.startsWith("[") ? checkSection(words) : checkAssignment(words, isOurs);
    if (problem !== undefined) return { kind: "wrong", line, problem };
    if (words.startsWith("[")) isOurs = true;
    else if (!takeSignField(fields, words)) entries = addEntry(entries, words);
  }
  const problem = checkSignFields(fields);
  if (problem !== undefined) return { kind: "wrong", line: 0, problem };
  return { kind: "conf", entries, signing: makeSigning(fields) };
}

/** Whether it is one of these keys. */
function takeSignField(fields: Map<SignField, string>, words: string): boolean {
  const { key, value = "" } = split(words);
  const field = SIGN_KEYS.get(key);
  if (field === undefined) return false;
  if (value === "") fields.delete(field);
  else fields.set(field, value);
  return true;
}

function checkSignFields(fields: ReadonlyMap<SignField, string>): BuildConfProblem | undefined {
  const given = [...SIGN_KEYS].filter(([, field]) => fields.has(field));
  const [first] = given;
  if (first === undefined) return undefined;
  const [key] = first;
  if (fields.has("key") && fields.has("command")) {
    return { kind: "exclusive", key, other: "SignCommand" };
  }
  if (!fields.has("certificate")) return { kind: "incomplete", key, needs: "SignCertificate" };
  const hasMeans = fields.has("key") || fields.has("command");
  return hasMeans ? undefined : { kind: "incomplete", key, needs: "Sign" };
}

function makeSigning(fields: ReadonlyMap<SignField, string>): Signing | undefined {
  const certificate = fields.get("certificate");
  if (certificate === undefined) return undefined;
  const [key, command] = [fields.get("key"), fields.get("command")];
  if (command !== undefined) return { kind: "command", command, certificate };
  if (key === undefined) throw new Error("fields that were not checked");
  const [chain, engine] = [fields.get("chain"), fields.get("engine")];
  return { kind: "key", key, certificate, chain, engine, provider: fields.get("provider") };
}

function checkSection(words: string): BuildConfProblem | undefined {
  return words === section ? undefined : { kind: "unknown-section", section: words };
}

function checkAssignment(words: string, isOurs: boolean): BuildConfProblem | undefined {
  const { key, value } = split(words);
  if (value === undefined) return { kind: "no-equals", text: words };
  if (!isOurs) return { kind: "no-section", key };
  const field = SIGN_KEYS.get(key);
  if (!BUILD_KEYS.has(key) && field === undefined) return { kind: "unknown-key", key };
  if (field === "engine" || field === "provider") return undefined;
  const isUri = field === "key" && /^[A-Za-z][A-Za-z0-9+.-]*:/.test(value);
  // Rebuilds run in another directory.
  const isUsable = value === "" || value.startsWith("/") || isUri;
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
