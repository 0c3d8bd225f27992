import type { ActPorts } from "../ports.ts";

const POLL_MS = 10;

/**
 * Polls `condition` every 10 ms, for at most `limitMs`; false if it was never true. The time of the
 * checks is included: on a slow machine, reading all of /proc takes longer than the sleeps. Only for
 * children: PID 1 itself does not sleep.
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
