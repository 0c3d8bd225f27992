import { monotonic } from "exitrd:sys";
import type { StoppableClock } from "../port/teardown.ts";

/** A clock that starts at 0 now. */
export function startClock(): StoppableClock {
  let start = monotonic();
  let stoppedAt: number | undefined;
  return {
    now: () => (stoppedAt ?? monotonic()) - start,
    stop: () => {
      stoppedAt ??= monotonic();
    },
    go: () => {
      if (stoppedAt !== undefined) start += monotonic() - stoppedAt;
      stoppedAt = undefined;
    },
  };
}
