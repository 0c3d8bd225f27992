import { parseDecimal } from "../../text/dev.ts";

/** What killing needs to know of a process. */
export interface ProcStat {
  readonly pid: number;
  readonly command: string;
  /**
   * Dead, reaped or not, with all its threads: it holds nothing more. A process whose first
   * thread is a zombie ("Z") may have others that still run, or close files.
   */
  readonly hasEnded: boolean;
  /** In ticks since boot: with the number it names one process for ever, whatever it calls itself. */
  readonly startTime: string;
  /** Cannot be killed, and holds nothing that killing would free. */
  readonly isKernelThread: boolean;
}

/** include/linux/sched.h; part of the ABI, as /proc/PID/stat shows it. */
const PF_KTHREAD = 0x00200000;

/**
 * Reads /proc/PID/stat (proc_pid_stat(5)); undefined if it is none, such as
 * the nothing that a process leaves that ended meanwhile.
 */
export function parseProcStat(text: string): ProcStat | undefined {
  // The name stands in brackets, unescaped: it may hold brackets, blanks and
  // newlines itself. Nothing behind it does, so the last bracket ends it.
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
    startTime: fields[19] ?? "",
    isKernelThread: (flags & PF_KTHREAD) !== 0,
  };
}
