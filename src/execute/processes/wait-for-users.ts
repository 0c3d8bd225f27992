import type { Outcome } from "../../teardown/plan/outcome.ts";
import type { Ports } from "../ports.ts";

// Killed processes are gone before the kernel has closed everything for them: a worker takes an
// io_uring apart (io_uring/io_uring.c, io_ring_exit_work).
const WAITS_MS = [100, 300, 600];

// A step that takes longer was waiting for the search for holders.
const QUICK_MS = 1_000;

/** Waits for users of a mount or device that are not visible and may be exiting. */
export interface UserWait {
  /** Takes note of an outcome, and returns it. */
  note(outcome: Outcome): Outcome;
  /**
   * Waits a moment if something was busy since the last time and no holder is known, at most a
   * second in all; then for killed processes, which may hold it. Returns whether it is worth another
   * try.
   */
  wait(): boolean;
}

/** Stops waiting at `until` (milliseconds of `ports.clock`). */
export function createUserWait(
  until: number,
  { kernel, clock, onTick }: Ports,
  awaitDying: () => boolean,
): UserWait {
  let isBusy = false;
  let isHeld = false;
  let waits = 0;
  return {
    note(outcome) {
      if (outcome.kind === "failed" && outcome.failure.kind === "busy") {
        isHeld = true;
        isBusy ||= outcome.failure.holders.length === 0 && outcome.tookMs < QUICK_MS;
      }
      return outcome;
    },
    wait() {
      const waitMs = Math.min(WAITS_MS[waits] ?? 0, until - clock.now());
      if (!isBusy || waitMs <= 0) {
        const isTriedAgain = isHeld && awaitDying();
        isHeld = false;
        return isTriedAgain;
      }
      isBusy = false;
      waits += 1;
      onTick();
      kernel.sleep(waitMs);
      return true;
    },
  };
}
