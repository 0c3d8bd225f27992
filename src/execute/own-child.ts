import type { ProcStat } from "../core/parse/proc-stat.ts";
import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";

/**
 * Whether PID 1 has started a process: this one, one at work beside it, or one abandoned. It
 * runs from the same file system.
 */
export function isOwnChild({ pid, parentPid }: ProcStat, reader: Reader): boolean {
  if (parentPid !== 1) return false;
  const own = attempt(() => reader.stat("/proc/1/exe"))?.dev;
  return own !== undefined && attempt(() => reader.stat(`/proc/${pid}/exe`))?.dev === own;
}
