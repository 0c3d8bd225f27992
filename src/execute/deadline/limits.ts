import type { StepLimits } from "../../teardown/settings/values.ts";

/** Moments, in milliseconds since the start of PID 1. */
export interface Limits {
  /** When releasing ends, even if something is left. */
  readonly releaseUntil: number;
  /** When saving and naming what is left ends: what follows is sync and reboot(2). */
  readonly saveUntil: number;
  /** When the verb happens at the latest. */
  readonly verbAt: number;
  /** What the configuration gives each kind of step, never beyond the moments above. */
  readonly steps: StepLimits;
}

/** How long after `verbAt` native/last_resort.c ends the machine. */
export const LAST_RESORT_GRACE_MS = 5_000;

// Reserved from the total, one half for saving what is left, one for the last sync.
const RESERVE_SHARE = 0.2;
const RESERVE_MAX_MS = 15_000;

export function divideDeadline(totalMs: number, steps: StepLimits = new Map()): Limits {
  const reserve = Math.min(totalMs * RESERVE_SHARE, RESERVE_MAX_MS);
  return {
    releaseUntil: totalMs - reserve,
    saveUntil: totalMs - reserve / 2,
    verbAt: totalMs,
    steps,
  };
}
