import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import { quote } from "../../text/show-bytes.ts";
import { isOwnChild, type OwnChildren, readStat } from "./own-child.ts";

/**
 * A process that can be killed, with the start time that distinguishes it from a later one with the
 * same pid.
 */
export interface Process {
  readonly pid: number;
  readonly startTime: string;
  readonly command: string;
}

/** "'name' (pid)" */
export function nameProcess({ command, pid }: Process): string {
  return `${quote(command)} (${pid})`;
}

/**
 * Finds every process but PID 1, its own children, kernel threads and dead processes. Calls
 * `onFound` for each immediately, because listing thousands takes seconds.
 */
export function listProcesses(
  own: OwnChildren,
  reader: Reader,
  onFound: (process: Process) => void,
): void {
  for (const entry of attempt(() => reader.readDir("/proc")) ?? []) {
    if (!/^[0-9]+$/.test(entry) || entry === "1") continue;
    const stat = readStat(entry, reader);
    if (stat === undefined || stat.isKernelThread || stat.hasEnded) continue;
    if (!isOwnChild(stat, own)) onFound(stat);
  }
}
