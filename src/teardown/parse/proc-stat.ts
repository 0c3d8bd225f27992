import { parseDecimal } from "../../text/dev.ts";

/** The properties of a process that matter for killing it. */
export interface ProcStat {
  readonly pid: number;
  readonly command: string;
  /**
   * It is dead, with all its threads, so it holds nothing. A process whose first thread is a zombie
   * ("Z") may have other threads that still run or close files.
   */
  readonly hasEnded: boolean;
  /** It waits uninterruptibly, or until it is killed ("D"). */
  readonly isBlocked: boolean;
  /** In ticks since boot; together with the pid it identifies a process. */
  readonly startTime: string;
  /** A kernel thread: cannot be killed. */
  readonly isKernelThread: boolean;
}

/** include/linux/sched.h; part of the ABI, as /proc/PID/stat shows it. */
const PF_KTHREAD = 0x00200000;

/**
 * Parses /proc/PID/stat (proc_pid_stat(5)); undefined if it is invalid, such as the empty text of a
 * process that has exited in the meantime.
 */
export function parseProcStat(text: string): ProcStat | undefined {
  // The name is in parentheses, unescaped: it may contain parentheses, blanks and newlines. The
  // fields after it do not, so the last parenthesis ends it.
  const open = text.indexOf(" (");
  const close = text.lastIndexOf(") ");
  const pid = parseDecimal(text.slice(0, Math.max(open, 0)));
  if (pid === undefined || close < open) return undefined;
  const fields = text.slice(close + 2).split(" ", 20);
  const [state] = fields;
  const flags = parseDecimal(fields[6] ?? "");
  if (state === undefined || flags === undefined) return undefined;
  const threads = parseDecimal(fields[17] ?? "") ?? 0;
  return {
    pid,
    command: text.slice(open + 2, close),
    hasEnded: (state === "Z" || state === "X") && threads <= 1,
    isBlocked: state === "D",
    startTime: fields[19] ?? "",
    isKernelThread: (flags & PF_KTHREAD) !== 0,
  };
}
