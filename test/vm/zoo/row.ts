/**
 * One storage stack of the zoo: how it is built, and the expected findings from outside after its
 * machine is off.
 */
export interface Row {
  readonly name: string;
  /** Sizes in MiB of the partitions that the row gets, as $d1, $d2, …, on different disks. */
  readonly parts?: readonly number[];
  /** Bash with -e, in the zoo: sets the stack up, with data that is still in the cache. */
  readonly build: string;
  /** Steps that the console must show, as `exitrd plan` writes them. */
  readonly steps?: readonly string[];
  /** Other lines that the console must show, from any program. */
  readonly console?: readonly string[];
  /** Bash with -e, in the inspector: fails with a reason unless everything is as expected. */
  readonly inspect: string;
  /** Why a power failure has no effect; if absent, the control must find the stack dirty. */
  readonly controlUnseen?: string;
  /** Why a part of it is left, which is then the expected result. */
  readonly expectedLeft?: string;
  /**
   * Failed steps that it causes. If any row of a group has this, the other rows must not fail any
   * step.
   */
  readonly failing?: RegExp;
  /** What `exitrd check` must find because of it; nothing else may be found. */
  readonly findings?: readonly RegExp[];
  /** The limit, in seconds after the pivot, for its steps to appear, whatever else is broken. */
  readonly withinSeconds?: number;
}
