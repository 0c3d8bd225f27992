import type { Reader } from "../../port/reader.ts";
import { attempt } from "../../port/sys-error.ts";
import { type ProcStat, parseProcStat } from "../../teardown/parse/proc-stat.ts";

/** /proc/PID/stat of a process; undefined if it has ended. */
export function readStat(entry: string, reader: Reader): ProcStat | undefined {
  const text = attempt(() => reader.readText(`/proc/${entry}/stat`));
  return text === undefined ? undefined : parseProcStat(text);
}

/**
 * Whether a process is a copy of PID 1, `first`, that it has started: this one, one at work
 * beside it, or one abandoned. It has its name, and runs from the same file system; so does
 * no daemon that a hook has left.
 */
export function isOwnChild(stat: ProcStat, first: ProcStat | undefined, reader: Reader): boolean {
  if (stat.parentPid !== 1 || stat.command !== first?.command) return false;
  const own = attempt(() => reader.stat("/proc/1/exe"))?.dev;
  return own !== undefined && attempt(() => reader.stat(`/proc/${stat.pid}/exe`))?.dev === own;
}
