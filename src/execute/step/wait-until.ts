import type { ActPorts } from "../ports.ts";

const POLL_MS = 10;

/**
 * Asks every 10 ms whether `condition` holds, for `limitMs` at most; false if it
 * never did. Asking counts too: on a slow machine, looking at all of /proc takes
 * longer than the sleep between. Only in a child: PID 1 itself does not sleep.
 */
export function waitUntil(
  condition: () => boolean,
  limitMs: number,
  { kernel, clock }: Pick<ActPorts, "kernel" | "clock">,
): boolean {
  const until = clock.now() + limitMs;
  // The time slept is also limited, in case the clock stands still.
  for (let slept = 0; !condition(); slept += POLL_MS) {
    if (slept >= limitMs || clock.now() >= until) return false;
    kernel.sleep(POLL_MS);
  }
  return true;
}
