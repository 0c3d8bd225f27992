import { type Step, stepKindOf } from "../kinds/kinds.ts";
import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";
import { parseUnwritten } from "../teardown/parse/meminfo.ts";

// As often the data that is left is looked at; less than this in that time is standing still.
const LOOK_EVERY_MS = 5_000;
const PROGRESS_KIB = 1_024;

/** How long a step is waited for, by the clock, and what was unwritten when that was decided. */
export interface Patience {
  readonly endMs: number;
  readonly unwrittenKib: number;
}

/**
 * More time for an unmount whose time is up, as long as data is seen to be written: a slow
 * disk is not a dead one. Whose data it is, the kernel does not tell. Undefined if it is up
 * for good.
 */
export function extendPatience(
  step: Step,
  { endMs, unwrittenKib }: Patience,
  until: number,
  reader: Reader,
): Patience | undefined {
  if (stepKindOf(step).followsWriteback !== true || endMs >= until) return undefined;
  const now = readUnwritten(reader);
  // Compared so that it holds of NaN, too.
  if (!(now <= unwrittenKib - PROGRESS_KIB)) return undefined;
  return { endMs: Math.min(until, endMs + LOOK_EVERY_MS), unwrittenKib: now };
}

/** Dirty and Writeback in KiB; NaN where nothing is told. Never blocks. */
export function readUnwritten(reader: Reader): number {
  return parseUnwritten(attempt(() => reader.readText("/proc/meminfo")) ?? "") ?? Number.NaN;
}
