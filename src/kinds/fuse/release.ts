import { readStat } from "../../execute/own-child.ts";
import type { ActPorts } from "../../execute/ports.ts";
import { waitUntil } from "../../execute/wait-until.ts";
import type { Reader } from "../../port/reader.ts";

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
export function endProcess(process: Ending, ports: ActPorts): void {
  if (!waitForEnd(process, OWN_END_MS, ports)) terminate(process, ports);
}

/** SIGTERM, and SIGKILL for one that does not obey. */
export function terminate(process: Ending, ports: ActPorts): void {
  ports.kernel.kill(process.pid, "SIGTERM");
  if (waitForEnd(process, TERM_LIMIT_MS, ports)) return;
  ports.kernel.kill(process.pid, "SIGKILL");
  waitForEnd(process, KILL_LIMIT_MS, ports);
}

function waitForEnd(process: Ending, limitMs: number, ports: ActPorts): boolean {
  return waitUntil(() => isEnded(process, ports.reader), limitMs, ports);
}

/** Gone, or dead and not yet reaped: either way it holds nothing more. */
export function isEnded({ pid, name }: Ending, reader: Reader): boolean {
  const stat = readStat(String(pid), reader);
  return stat?.command !== name || stat.hasEnded;
}
