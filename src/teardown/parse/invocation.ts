import { parseDecimal } from "../../text/dev.ts";
import { parseLogLevel } from "../../text/log-level.ts";
import { quote } from "../../text/show-bytes.ts";
import { parseTimeSpan } from "../../text/time-span.ts";
import type { ArmedWatchdog } from "../plan/watchdog.ts";
import { LONGEST_MS } from "../settings/value-forms.ts";
import type { Verb } from "../verb.ts";

/** How the init system invoked /shutdown. */
export interface Invocation {
  readonly verb: Verb;
  /** The total deadline. */
  readonly timeoutMs: number;
  /** syslog(3): 3 errors, 6 information, 7 debugging. */
  readonly logLevel: number;
  /** The exit status for the host of a virtual machine. */
  readonly exitCode?: number;
  /** Absent if there is no watchdog to ping. */
  readonly watchdog?: ArmedWatchdog;
  readonly notifySocket?: string;
  /**
   * systemd 261 and later: the minimum time that the machine must have been up, in milliseconds.
   */
  readonly minimumUptimeMs?: number;
  /** Problems with the arguments, one message each. */
  readonly notes: readonly string[];
}

/** systemd's DefaultTimeoutStopSec, also for none: a shutdown never hangs. */
export const DEFAULT_TIMEOUT_MS = 90_000;

const DEFAULT_LOG_LEVEL = 6;
const VALUED_OPTIONS = ["--timeout", "--log-level", "--log-target", "--exit-code"];

/**
 * Parses argv (including [0]) and environment of /shutdown as passed by every systemd since v252
 * (src/shutdown/shutdown.c, src/core/main.c). Never fails: unknown words are ignored, and without a
 * verb the machine powers off.
 *
 * `handed` is the text that 'exitrd pivot' left: inits that execute /shutdown by themselves pass
 * words of their own, such as "--init".
 */
export function parseInvocation(
  argv: readonly string[],
  getenv: (name: string) => string | undefined,
  handed?: string,
): Invocation {
  const notes: string[] = [];
  const options = collectOptions(argv.slice(1));
  const exitCode = parseExitCode(options.get("--exit-code"));
  const watchdog = readWatchdog(getenv);
  const notifySocket = getenv("NOTIFY_SOCKET");
  // systemd 261 and later, if the kernel has /dev/liveupdate.
  if (getenv("SYSTEMD_LUO_SERIALIZE_FD")) {
    notes.push("cannot keep the descriptor stores of units across kexec: not supported, ignoring");
  }
  const minimumUsec = parseDecimal(getenv("MINIMUM_UPTIME_USEC") ?? "");
  return {
    verb: readVerb(handed?.trim() ?? argv[1], notes),
    timeoutMs: readTimeout(options.get("--timeout"), notes),
    logLevel: readLogLevel(options.get("--log-level")),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(watchdog === undefined ? {} : { watchdog }),
    ...(notifySocket ? { notifySocket } : {}),
    ...(minimumUsec === undefined ? {} : { minimumUptimeMs: minimumUsec / 1000 }),
    notes,
  };
}

/** "--timeout=90s" (v252.12 to v255) and "--timeout 90s" (v252.0, v253.0, v256 on). */
function collectOptions(words: readonly string[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const [i, word] of words.entries()) {
    const equals = word.indexOf("=");
    const next = words[i + 1];
    if (word.startsWith("--") && equals > 0) {
      options.set(word.slice(0, equals), word.slice(equals + 1));
    } else if (VALUED_OPTIONS.includes(word) && next !== undefined && !next.startsWith("--")) {
      options.set(word, next);
    }
  }
  return options;
}

function readVerb(word: string | undefined, notes: string[]): Verb {
  switch (word) {
    case "reboot":
    case "poweroff":
    case "halt":
    case "kexec":
      return word;
    case "exit":
      // Only an init in a container can exit with a status.
      return "poweroff";
    case undefined:
      notes.push("cannot parse the verb: none given, using poweroff");
      return "poweroff";
    default:
      notes.push(`cannot parse verb ${quote(word)}, using poweroff`);
      return "poweroff";
  }
}

function readTimeout(text: string | undefined, notes: string[]): number {
  if (text === undefined) return DEFAULT_TIMEOUT_MS;
  const timeoutMs = parseTimeSpan(text);
  if (timeoutMs === undefined) notes.push(`cannot parse timeout ${quote(text)}, using 90 s`);
  // For "infinity" systemd passes its number, 2^64-1 microseconds. More than a day is as good as that.
  const limited = timeoutMs !== undefined && timeoutMs > 0 && timeoutMs <= LONGEST_MS;
  return limited ? timeoutMs : DEFAULT_TIMEOUT_MS;
}

/**
 * "6", "info", or a list, of which only the level without a target is used: "info,console:debug".
 */
function readLogLevel(text: string | undefined): number {
  for (const word of (text ?? "").split(",")) {
    const level = parseLogLevel(word);
    if (level !== undefined) return level;
  }
  return DEFAULT_LOG_LEVEL;
}

function parseExitCode(text: string | undefined): number | undefined {
  const code = parseDecimal(text ?? "");
  return code !== undefined && code <= 255 ? code : undefined;
}

/**
 * systemd sets WATCHDOG_USEC to 0 if no ping is required, and to 2^64-1 if the watchdog has the timeout
 * of its driver (RebootWatchdogSec=default).
 */
function readWatchdog(getenv: (name: string) => string | undefined): Invocation["watchdog"] {
  const timeoutMs = Number(getenv("WATCHDOG_USEC")) / 1000;
  if (!(timeoutMs > 0)) return undefined;
  const device = getenv("WATCHDOG_DEVICE") || "/dev/watchdog0";
  return { device, ...(timeoutMs > LONGEST_MS ? {} : { timeoutMs }) };
}
