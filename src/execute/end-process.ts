import { parseProcStat } from "../core/parse/proc-stat.ts";
import type { Kernel } from "../port/kernel.ts";
import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";
import { waitUntil } from "./wait-until.ts";

/** A process, and the name by which it is told from a later one with its number. */
export interface Ending {
  readonly pid: number;
  readonly name: string;
}

const OWN_END_MS = 2_000;
const TERM_LIMIT_MS = 5_000;
const KILL_LIMIT_MS = 2_500;

/**
 * Ends a server whose file systems are unmounted. Most end by themselves then,
 * and may still have to write down what they know.
 */
export function endProcess(process: Ending, kernel: Kernel, reader: Reader): void {
  const isOver = (limitMs: number): boolean =>
    waitUntil(() => isEnded(process, reader), limitMs, kernel);
  if (isOver(OWN_END_MS)) return;
  kernel.kill(process.pid, "SIGTERM");
  if (isOver(TERM_LIMIT_MS)) return;
  kernel.kill(process.pid, "SIGKILL");
  isOver(KILL_LIMIT_MS);
}

/** Gone, or dead and not yet reaped: either way it holds nothing more. */
export function isEnded({ pid, name }: Ending, reader: Reader): boolean {
  const stat = parseProcStat(attempt(() => reader.readText(`/proc/${pid}/stat`)) ?? "");
  return stat?.command !== name || stat.state === "Z" || stat.state === "X";
}
