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
const DEBUG = 7;
const DAEMON = 24;
// The kernel refuses lines of more than 1,024 bytes, older ones of more than 976 (devkmsg_write in
// kernel/printk/printk.c), with their prefix. Longer ones are divided, and the end of very long ones left
// out: a serial console takes a second for 11 KB.
const LONGEST = 960;
const MOST_LINES = 4;
// ECMA-48: erase from here to the end of the line, then to its beginning.
const ERASE = "\x1b[K\r";

/**
 * Lines are written to the kernel log, which prints them on its console with a timestamp. Where the
 * console's log level ("quiet") suppresses a problem or the result, that is also written to
 * /dev/console directly. Lines less severe than `logLevel` (syslog(3)) are dropped.
 */
export function openConsole(logLevel: number): Console {
  // By default messages from user space are rate limited, and some would be dropped.
  attempt(() => writeFile("/proc/sys/kernel/printk_devkmsg", "on\n", O_WRONLY));
  const kmsg = attempt(() => open("/dev/kmsg", O_WRONLY | O_CLOEXEC));
  const level = readConsoleLevel();
  // Non-blocking: a serial line stopped by flow control must not stop PID 1.
  const tty = attempt(() => open("/dev/console", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  let hasProgress = false;
  const print = (text: string): void => {
    if (tty !== undefined) attempt(() => write(tty, text));
  };
  const say = (severity: number, text: string, isShown = severity === WARN): void => {
    if (severity > logLevel) return;
    if (hasProgress) print(ERASE);
    hasProgress = false;
    const line = escapeControls(text);
    const isPrinted = severity < level;
    const parts = kmsg === undefined ? 0 : Math.min(MOST_LINES, Math.ceil(line.length / LONGEST));
    for (let index = 0; kmsg !== undefined && index < parts; index += 1) {
      const part = line.slice(index * LONGEST, (index + 1) * LONGEST);
      attempt(() => write(kmsg, `<${DAEMON + severity}>${part}\n`));
    }
    if (kmsg === undefined ? isPrinted || isShown : isShown && !isPrinted) print(`${line}\r\n`);
  };
  return {
    info: (line) => say(INFO, line),
    warn: (line) => say(WARN, line),
    verdict: (line) => say(INFO, line, true),
    debug: (line) => say(DEBUG, line),
    progress(line) {
      if (level <= INFO || logLevel < INFO) return;
      // The cursor stays at the start of the line, for whatever the kernel prints next.
      print(`${escapeControls(line)}${ERASE}`);
      hasProgress = true;
    },
  };
}

/** proc_sys_kernel(5) printk: messages below the first number reach the console. */
function readConsoleLevel(): number {
  const text = attempt(() => readFile("/proc/sys/kernel/printk"));
  const level = Number.parseInt(text ?? "", 10);
  return Number.isNaN(level) ? 7 : level;
}
