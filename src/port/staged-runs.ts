import type { CpioEntry } from "../image/cpio-entry.ts";
import type { ProgramEnd } from "../teardown/report/program-end.ts";

/** The result of running a program once. */
export interface StagedEnd {
  readonly program: string;
  readonly end: ProgramEnd;
  /** The last line that it printed, "" for none. */
  readonly lastLine: string;
}

/** Runs the programs of a future image. */
export interface StagedRuns {
  /**
   * Unpacks `entries` into RAM and runs each of `programs` (absolute) in there with
   * `--version`, all symbols bound at once: in namespaces of its own, without /dev,
   * /proc, /sys or a network, without capabilities or descriptors of the caller, and
   * as uid 65534 if possible, so that it cannot change anything on the machine.
   * Throws a `SysError` if the kernel does not allow that.
   */
  run(entries: readonly CpioEntry[], programs: readonly string[]): readonly StagedEnd[];
}
