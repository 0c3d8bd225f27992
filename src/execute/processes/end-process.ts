import type { Reader } from "../../port/teardown.ts";
import type { ActPorts } from "../ports.ts";
import { waitUntil } from "../step/wait-until.ts";
import { readStat } from "./own-child.ts";

/**
 * A process, and its start time, which distinguishes it from a later one with the same pid. A
 * snapshot made by an older version has only the name.
 */
export interface Ending {
  readonly pid: number;
  readonly name: string;
  readonly startTime?: string | undefined;
}

const TERM_LIMIT_MS = 5_000;
const KILL_LIMIT_MS = 2_500;

/** Sends SIGTERM, and SIGKILL if the process does not exit. */
export function terminate(process: Ending, ports: ActPorts): void {
  ports.kernel.kill(process.pid, "SIGTERM");
  if (waitForEnd(process, TERM_LIMIT_MS, ports)) return;
  ports.kernel.kill(process.pid, "SIGKILL");
  waitForEnd(process, KILL_LIMIT_MS, ports);
}

/** Waits at most `limitMs`; true if it has exited. */
export function waitForEnd(process: Ending, limitMs: number, ports: ActPorts): boolean {
  return waitUntil(() => isEnded(process, ports.reader), limitMs, ports);
}

/** Whether it is gone, or dead and not yet reaped: in both cases it holds nothing any more. */
export function isEnded({ pid, name, startTime }: Ending, reader: Reader): boolean {
  const stat = readStat(String(pid), reader);
  if (stat === undefined || stat.hasEnded) return true;
  return startTime === undefined ? stat.command !== name : stat.startTime !== startTime;
}
