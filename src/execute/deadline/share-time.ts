import type { Clock } from "../../port/teardown.ts";

/** Returns how long the next part may take, in milliseconds: `wantedMs`, but at most its share. */
export type Share = (wantedMs: number) => number;

/**
 * Divides the time until `until` (milliseconds of `clock`) among consecutive parts. Each part gets an
 * equal share of the time that remains when it starts: a part that hangs does not use up the others'.
 */
export function shareTime(until: number, parts: number, clock: Clock): Share {
  let left = parts;
  return (wantedMs) => {
    if (left === 0) throw new Error("more parts than shares");
    const share = Math.max(0, until - clock.now()) / left;
    left -= 1;
    return Math.min(wantedMs, share);
  };
}
