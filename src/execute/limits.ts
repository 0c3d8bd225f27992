import type { Step } from "../kinds/kinds.ts";
import type { StepLimits } from "../teardown/settings/values.ts";

/** Moments, in milliseconds since the start of PID 1. */
export interface Limits {
  /** When releasing ends, whatever is left. */
  readonly releaseUntil: number;
  /** When saving and naming what is left ends: what follows is sync and reboot(2). */
  readonly saveUntil: number;
  /** When the verb happens at the latest. */
  readonly verbAt: number;
  /** What the configuration gives each kind of step, never beyond the moments above. */
  readonly steps: StepLimits;
}

// What is kept back of the total, one half for what is left, one for the last sync.
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

/**
 * How long one step may take: what the configuration says, else the default.
 * A step that waits for a server, or for nothing, may only be made shorter.
 */
export function stepLimitMs(step: Step, configured: StepLimits): number {
  const wanted = configured.get(step.kind);
  const usual = defaultLimitMs(step);
  const isShort = step.kind === "umount" && (step.served || step.lazy);
  return isShort ? Math.min(wanted ?? usual, usual) : (wanted ?? usual);
}

/** Writing back a full page cache is slow, the rest should not be. */
function defaultLimitMs(step: Step): number {
  switch (step.kind) {
    case "umount":
      // After a server that does not answer, there is to be time for ending it.
      if (step.served) return 20_000;
      return step.lazy ? 10_000 : 60_000;
    case "swapoff":
    case "zpool-export":
    // Writing a cache back takes long; what is not, stays in it.
    case "bcache-stop":
      return 60_000;
    case "dm-remove":
      // Writing back a whole cache takes long; what it holds is committed before.
      return step.messages.length > 0 ? 60_000 : 20_000;
    case "mdmon-end":
    case "md-stop":
    case "drbd-down":
    case "session-close":
      return 30_000;
    case "bcache-set-stop":
    case "nbd-disconnect":
    case "process-end":
    case "dm-unblock":
    case "zram-reset":
    case "loop-detach":
      return 20_000;
  }
}

/** How long to wait for what a step began, once its call has come back. */
export function settleMs(step: Step): number {
  switch (step.kind) {
    case "bcache-stop":
    case "bcache-set-stop":
      return 15_000;
    case "nbd-disconnect":
    case "drbd-down":
    case "session-close":
    // Another removal may have begun before.
    case "dm-remove":
      return 3_000;
    // A loop device that something still has open detaches at its last close.
    case "loop-detach":
      return 100;
    case "umount":
    case "swapoff":
    case "dm-unblock":
    case "zram-reset":
    case "mdmon-end":
    case "process-end":
    case "md-stop":
    case "zpool-export":
      return 0;
  }
}
