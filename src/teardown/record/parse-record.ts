import {
  type Field,
  get,
  readBoolean,
  readFlag,
  readList,
  readNumber,
  readOptional,
  readString,
} from "../../text/read-field.ts";
import type { Holder } from "../plan/outcome.ts";
import { type RecordedMount, type RecordedStep, type ShutdownRecord, VERDICTS } from "./record.ts";

const VERBS = ["reboot", "poweroff", "halt", "kexec"] as const;
const STATES = ["read-only", "shut down", "writable"] as const;
const BYS = ["fd", "cwd", "root", "exe", "mmap", "namespace"] as const;

/**
 * Parses a record. Anybody who could write to its place may have forged it: each member is checked,
 * all others are dropped, and names must be escaped before they are printed. Throws an Error that
 * names the first invalid member.
 */
export function parseShutdownRecord(text: string): ShutdownRecord {
  const field: Field = { value: JSON.parse(text) as unknown, path: "" };
  const list = <T>(key: string, read: (item: Field) => T) => readList(get(field, key), read);
  const format = readNumber(get(field, "format"));
  if (format !== 1) throw new Error(`format: ${format} is not supported by this version`);
  return {
    format,
    ...readOptional(field, "machine", readString),
    version: readString(get(field, "version")),
    kernel: readString(get(field, "kernel")),
    verb: readWord(get(field, "verb"), VERBS),
    verdict: readWord(get(field, "verdict"), VERDICTS),
    tookMs: readNumber(get(field, "tookMs")),
    madeAt: readNumber(get(field, "madeAt")),
    isSynced: readBoolean(get(field, "isSynced")),
    isPlanned: readBoolean(get(field, "isPlanned")),
    omitted: readNumber(get(field, "omitted")),
    layers: readNumber(get(field, "layers")),
    planned: readNumber(get(field, "planned")),
    steps: list("steps", readStep),
    mounts: list("mounts", readMount),
    left: list("left", readString),
    ...readOptional(field, "kept", (names) => readList(names, readString)),
    survivors: list("survivors", readString),
  };
}

function readStep(field: Field): RecordedStep {
  return {
    act: readString(get(field, "act")),
    name: readString(get(field, "name")),
    what: readString(get(field, "what")),
    startMs: readNumber(get(field, "startMs")),
    tookMs: readNumber(get(field, "tookMs")),
    ...readOptional(field, "failure", readString),
    ...readFlag(field, "isLost"),
  };
}

function readMount(field: Field): RecordedMount {
  return {
    name: readString(get(field, "name")),
    state: readWord(get(field, "state"), STATES),
    isSynced: readBoolean(get(field, "isSynced")),
    holders: readList(get(field, "holders"), readHolder),
    modules: readList(get(field, "modules"), readString),
    layers: readList(get(field, "layers"), readString),
  };
}

function readHolder(field: Field): Holder {
  return {
    pid: readNumber(get(field, "pid")),
    command: readString(get(field, "command")),
    by: readWord(get(field, "by"), BYS),
    path: readString(get(field, "path")),
  };
}

function readWord<W extends string>(field: Field, words: readonly W[]): W {
  const text = readString(field);
  const word = words.find((known) => known === text);
  if (word === undefined) throw new Error(`${field.path}: invalid, must be ${words.join(" or ")}`);
  return word;
}
