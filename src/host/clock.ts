import { monotonic } from "exitrd:sys";
import type { Clock } from "../port/clock.ts";

/** A clock that starts at 0 now. */
export function startClock(): Clock {
  const start = monotonic();
  return { now: () => monotonic() - start };
}
