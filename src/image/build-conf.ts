import { joinLines, LONGEST_CONFIG, type SyntaxProblem } from "../text/config-text.ts";
import type { ProgramRole } from "./added-program.ts";

/** One assignment of build.conf: a program for every image that is built. */
export interface BuildConfEntry {
  readonly role: ProgramRole;
  readonly file: string;
  /** Where it was assigned, from 1. */
  readonly line: number;
}

/** How every image that is built here is signed. */
export type Signing =
  | {
      readonly kind: "key";
      /** A file, or a name for an engine or a provider. */
      readonly key: string;
      readonly certificate: string;
      readonly chain: string | undefined;
      readonly engine: string | undefined;
      readonly provider: string | undefined;
    }
  /** A program that gets the image's path and prints the signature. */
  | { readonly kind: "command"; readonly command: string; readonly certificate: string };

/** What the images that are built here are based on. */
export interface Base {
  /** An initrd, or a kernel image that contains one; undefined for the running kernel's own. */
  readonly initrd: string | undefined;
}

export type BuildConf =
  | {
      readonly kind: "conf";
      readonly entries: readonly BuildConfEntry[];
      readonly signing: Signing | undefined;
      readonly base: Base | undefined;
    }
  /** `line` is counted from 1; 0 for a problem of the whole file. */
  | { readonly kind: "wrong"; readonly line: number; readonly problem: BuildConfProblem };

export type BuildConfProblem =
  | SyntaxProblem
  | { readonly kind: "wrong-value"; readonly key: string; readonly value: string }
  | { readonly kind: "wrong-base"; readonly value: string }
  /** A key that requires another one, which is missing. */
  | { readonly kind: "incomplete"; readonly key: string; readonly needs: string }
  | { readonly kind: "exclusive"; readonly key: string; readonly other: string };

const section = "[Build]";

/** The keys of exitrd-build.conf(5). */
const BUILD_KEYS: ReadonlyMap<string, ProgramRole> = new Map([
  ["Tool", "tool"],
  ["Hook", "hook"],
  ["SystemShutdown", "system-shutdown"],
  ["Shell", "shell"],
]);

const baseKey = "Base";

/** "initrd" or "initrd=FILE"; undefined for anything else. */
export function parseBase(text: string): Base | undefined {
  const { key, value } = split(text);
  return key === "initrd" && value !== "" ? { initrd: value } : undefined;
}

type SignField = "key" | "certificate" | "chain" | "engine" | "provider" | "command";

/** The keys that say how to sign. The last value of each is used. */
const SIGN_KEYS: ReadonlyMap<string, SignField> = new Map([
  ["Sign", "key"],
  ["SignCertificate", "certificate"],
  ["SignChain", "chain"],
  ["SignEngine", "engine"],
  ["SignProvider", "provider"],
  ["SignCommand", "command"],
]);

/** All known keys. */
export const CONF_KEYS: readonly string[] = [...BUILD_KEYS.keys(), baseKey, ...SIGN_KEYS.keys()];

/**
 * Reads build.conf (systemd.syntax(7)); an empty value resets the list of its key. Unlike in
 * exitrd.conf, one invalid line is fatal: an image must not lack a program that was requested.
 */
export function parseBuildConf(text: string): BuildConf {
  if (text.length > LONGEST_CONFIG)
    return { kind: "wrong", line: 0, problem: { kind: "too-long" } };
  let entries: readonly BuildConfEntry[] = [];
  let base: Base | undefined;
  const fields = new Map<SignField, string>();
  let isOurs = false;
  for (const { line, words } of joinLines(text)) {
    const problem = words.startsWith("[") ? checkSection(words) : checkAssignment(words, isOurs);
    if (problem !== undefined) return { kind: "wrong", line, problem };
    if (words.startsWith("[")) isOurs = true;
    else if (split(words).key === baseKey) base = parseBase(split(words).value ?? "");
    else if (!takeSignField(fields, words)) entries = addEntry(entries, words, line);
  }
  const problem = checkSignFields(fields);
  if (problem !== undefined) return { kind: "wrong", line: 0, problem };
  return { kind: "conf", entries, signing: makeSigning(fields), base };
}

/** Takes the assignment if it is of one of these keys; returns whether it is. */
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
  if (key === baseKey) return checkBase(value);
  const field = SIGN_KEYS.get(key);
  if (!BUILD_KEYS.has(key) && field === undefined) return { kind: "unknown-key", key };
  if (field === "engine" || field === "provider") return undefined;
  const isUri = field === "key" && /^[A-Za-z][A-Za-z0-9+.-]*:/.test(value);
  // The working directory of a rebuild is another one, so relative paths are useless.
  const isUsable = value === "" || value.startsWith("/") || isUri;
  return isUsable ? undefined : { kind: "wrong-value", key, value };
}

function checkBase(value: string): BuildConfProblem | undefined {
  const base = parseBase(value);
  const isUsable = value === "" || (base !== undefined && (base.initrd ?? "/").startsWith("/"));
  return isUsable ? undefined : { kind: "wrong-base", value };
}

function addEntry(
  entries: readonly BuildConfEntry[],
  words: string,
  line: number,
): readonly BuildConfEntry[] {
  const { key, value = "" } = split(words);
  const role = BUILD_KEYS.get(key);
  if (role === undefined) throw new Error(`an assignment of '${key}' that was not checked`);
  // There is only one shell; the other keys are lists.
  const isReset = value === "" || role === "shell";
  const kept = isReset ? entries.filter((entry) => entry.role !== role) : entries;
  return value === "" ? kept : [...kept, { role, file: value, line }];
}

function split(words: string): { readonly key: string; readonly value: string | undefined } {
  const equals = words.indexOf("=");
  if (equals < 0) return { key: words, value: undefined };
  return { key: words.slice(0, equals).trim(), value: words.slice(equals + 1).trim() };
}
