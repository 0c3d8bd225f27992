import type { Step } from "../plan/step.ts";
import type { Settings, StepLimits } from "../settings.ts";
import { parseLogLevel } from "./log-level.ts";
import { parseTimeSpan } from "./time-span.ts";
import { splitWords } from "./words.ts";

export type SettingName = keyof Settings;

// Shorter would release nothing; longer is a machine that hangs.
const SHORTEST_MS = 1_000;
const LONGEST_MS = 86_400_000;

// A record, so that tsc misses a kind that is new.
const KINDS: Readonly<Record<Step["kind"], true>> = {
  umount: true,
  swapoff: true,
  "loop-detach": true,
  "bcache-stop": true,
  "bcache-set-stop": true,
  "nbd-disconnect": true,
  "zram-reset": true,
  "dm-remove": true,
  "dm-unblock": true,
  "mdmon-end": true,
  "process-end": true,
  "md-stop": true,
  "drbd-down": true,
  "session-close": true,
  "zpool-export": true,
};

/** What StepTimeout= can name. */
export const STEP_KINDS: readonly string[] = Object.keys(KINDS);

/** One reader for each setting: its value, or undefined for what is none. */
const readers: {
  readonly [K in SettingName]-?: (text: string, before: Settings) => Settings[K] | undefined;
} = {
  timeoutMs: readLimit,
  stepLimits: readStepLimits,
  hookTimeoutMs: readLimit,
  logLevel: parseLogLevel,
  zfs: (text) => (text === "export" || text === "release" || text === "leave" ? text : undefined),
  sysRq: readBoolean,
  wipe: readBoolean,
  watchdog: (text) => (text === "off" ? text : readLimit(text)),
  haltWatchdog: (text) => (text === "disarm" || text === "keep" ? text : undefined),
  verify: (text) => readWord(text, ["require", "prefer", "off"]),
  measure: (text) => readWord(text, ["require", "prefer", "off"]),
  seal: (text) => readWord(text, ["no", "verity"]),
  imagePcr: readPcr,
  extensionPcr: readPcr,
};

/**
 * Returns `settings` with one of them set to what `text` says, or reset by an
 * empty one; undefined for a wrong value.
 */
export function assignSetting(
  settings: Settings,
  name: SettingName,
  text: string,
): Settings | undefined {
  if (text === "") {
    const { [name]: _, ...rest } = settings;
    return rest;
  }
  const value = readers[name](text, settings);
  return value === undefined ? undefined : { ...settings, [name]: value };
}

/** In capitals as well. */
function readWord<T extends string>(text: string, words: readonly T[]): T | undefined {
  return words.find((word) => word === text.toLowerCase());
}

function readLimit(text: string): number | undefined {
  const span = parseTimeSpan(text);
  if (span === undefined || span < SHORTEST_MS || span > LONGEST_MS) return undefined;
  return Math.round(span);
}

/** The operating system's: those below are the firmware's, those above can be reset. */
function readPcr(text: string): number | undefined {
  return /^(?:[89]|1[0-5])$/.test(text) ? Number(text) : undefined;
}

/** "umount:60s dm-remove:20s", added to those before: all of it, or nothing where a part is wrong. */
function readStepLimits(text: string, before: Settings): StepLimits | undefined {
  const limits = new Map(before.stepLimits);
  for (const word of splitWords(text)) {
    const colon = word.indexOf(":");
    const kind = word.slice(0, Math.max(0, colon));
    const limit = readLimit(word.slice(colon + 1));
    if (!isStepKind(kind) || limit === undefined) return undefined;
    limits.set(kind, limit);
  }
  return limits;
}

function isStepKind(text: string): text is Step["kind"] {
  return STEP_KINDS.includes(text);
}

/** As systemd's configuration has it. */
function readBoolean(text: string): boolean | undefined {
  switch (text.toLowerCase()) {
    case "1":
    case "yes":
    case "y":
    case "true":
    case "t":
    case "on":
      return true;
    case "0":
    case "no":
    case "n":
    case "false":
    case "f":
    case "off":
      return false;
    default:
      return undefined;
  }
}
