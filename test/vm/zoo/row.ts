/**
 * One data stack of the zoo: how it is built, and what must be found of it
 * from outside once its machine is off.
 */
export interface Row {
  readonly name: string;
  /** Sizes in MiB of the partitions that the row gets, as $d1, $d2, …, on different disks. */
  readonly parts?: readonly number[];
  /** Bash with -e, in the zoo: leaves the stack up, with data in it that is still in the cache. */
  readonly build: string;
  /** Steps that the console must show, as `exitrd plan` writes them. */
  readonly steps?: readonly string[];
  /** Other lines that the console must show, from any program. */
  readonly console?: readonly string[];
  /** Bash with -e, in the inspector: fails, with a word why, unless all is as it must be. */
  readonly inspect: string;
  /** Why a power failure leaves no trace; if absent, the control must find it dirty. */
  readonly controlUnseen?: string;
  /** Why a part of it is left, which is the expected result then. */
  readonly expectedLeft?: string;
}
