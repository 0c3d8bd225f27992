import type { CpioEntry } from "../image/cpio-entry.ts";
import type { ProgramEnd } from "../teardown/report/program-end.ts";

/** How a program went that was run once. */
export interface StagedEnd {
  readonly program: string;
  readonly end: ProgramEnd;
  /** The last line that it printed, "" for none. */
  readonly lastLine: string;
}

/** Runs programs of an image before there is one. */
export interface StagedRuns {
  /**
   * Unpacks `entries` into RAM and runs each of `programs` (absolute) in there with
   * `--version`, all symbols bound at once: in namespaces of its own, without /dev,
   * /proc, /sys or a network, without capabilities or descriptors of the caller, and
   * as uid 65534 where there is one, so that it can change nothing of the machine.
   * Throws a `SysError` where the kernel does not allow that.
   */
  run(entries: readonly CpioEntry[], programs: readonly string[]): readonly StagedEnd[];
}
