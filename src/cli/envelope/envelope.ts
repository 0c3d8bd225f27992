import { attempt } from "../../port/sys-error.ts";
import { escapeControls } from "../../text/show-bytes.ts";
import type { Host } from "../command.ts";
import type { Answer } from "./answer.ts";

/** Incremented when a field is removed or changes its meaning, but not for new fields. */
const FORMAT = 1;

/** What every command prints with --json, as exitrd-json(7) and the schemas describe it. */
export interface Envelope {
  readonly format: typeof FORMAT;
  /** The version of the exitrd that printed it. */
  readonly version: string;
  /** The host name; null if /proc is not mounted, or for `snapshot --pseudonyms`. */
  readonly host: string | null;
  /** The kernel release, as printed by uname -r. */
  readonly kernel: string;
  /** UTC, to the second: "2026-11-29T03:38:29Z". */
  readonly time: string;
  /** The name of the command; null if it is unknown. */
  readonly command: string | null;
  /** Whether the exit status is 0. */
  readonly ok: boolean;
  readonly exitStatus: number;
  /** The lines on standard error, without "exitrd: ". */
  readonly messages: readonly string[];
  /** Exactly one of `result` and `error` is present. */
  readonly result?: object;
  readonly error?: {
    readonly kind: string;
    readonly message: string;
    readonly errno: string | null;
    readonly exitStatus: number;
  };
}

export function makeEnvelope(
  command: string | null,
  given: Answer,
  messages: readonly string[],
  host: Pick<Host, "version" | "reader" | "now">,
): Envelope {
  const isAnonymous = given.kind === "result" && given.isAnonymous === true;
  const name = attempt(() => host.reader.readText("/proc/sys/kernel/hostname"))?.trim();
  return {
    format: FORMAT,
    version: host.version,
    host: isAnonymous ? null : (name ?? null),
    kernel: host.reader.kernelRelease(),
    time: `${new Date(host.now()).toISOString().slice(0, 19)}Z`,
    command,
    ok: given.exit === 0,
    exitStatus: given.exit,
    messages: messages.map((line) => escapeControls(line.replace(/^exitrd: /, ""))),
    ...listOutcome(given),
  };
}

function listOutcome(given: Answer): Pick<Envelope, "result" | "error"> {
  if (given.kind === "result") return { result: given.result };
  const { kind, message, errno = null } = given.error;
  const shown = escapeControls(message);
  return { error: { kind, message: shown, errno, exitStatus: given.exit } };
}
