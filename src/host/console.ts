import {
  O_CLOEXEC,
  O_NOCTTY,
  O_NONBLOCK,
  O_WRONLY,
  open,
  readFile,
  write,
  writeFile,
} from "exitrd:sys";
import { attempt } from "../port/sys-error.ts";
import type { Console } from "../port/teardown.ts";
import { escapeControls } from "../text/show-bytes.ts";

// <linux/kern_levels.h> with LOG_DAEMON: 3 * 8 + level.
const WARN = 4;
const INFO = 6;
const DAEMON = 24;

/**
 * Lines are written to the kernel log, which prints them on its console with a timestamp; if the
 * console's log level ("quiet") suppresses them, they are also written to /dev/console directly.
 * Without either, they are lost. Lines less severe than `logLevel` (syslog(3)) are dropped.
 */
export function openConsole(logLevel: number): Console {
  // By default messages from user space are rate limited, and some would be dropped.
  attempt(() => writeFile("/proc/sys/kernel/printk_devkmsg", "on\n", O_WRONLY));
  const kmsg = attempt(() => open("/dev/kmsg", O_WRONLY | O_CLOEXEC));
  const level = readConsoleLevel();
  // Non-blocking: a serial line stopped by flow control must not stop PID 1.
  const tty = attempt(() => open("/dev/console", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  const say = (severity: number, text: string): void => {
    if (severity > logLevel) return;
    const line = escapeControls(text);
    if (kmsg !== undefined) attempt(() => write(kmsg, `<${DAEMON + severity}>${line}\n`));
    if (tty !== undefined && (kmsg === undefined || severity >= level)) {
      attempt(() => write(tty, `${line}\r\n`));
    }
  };
  return { info: (line) => say(INFO, line), warn: (line) => say(WARN, line) };
}

/** proc_sys_kernel(5) printk: messages below the first number reach the console. */
function readConsoleLevel(): number {
  const text = attempt(() => readFile("/proc/sys/kernel/printk"));
  const level = Number.parseInt(text ?? "", 10);
  return Number.isNaN(level) ? 7 : level;
}
