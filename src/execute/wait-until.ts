import type { Kernel } from "../port/kernel.ts";

const POLL_MS = 10;

/**
 * Asks every 10 ms whether `condition` holds, `limitMs` of sleep at most; false
 * if it never did. Only in a child: PID 1 itself does not sleep.
 */
export function waitUntil(
  condition: () => boolean,
  limitMs: number,
  kernel: Pick<Kernel, "sleep">,
): boolean {
  for (let waited = 0; !condition(); waited += POLL_MS) {
    if (waited >= limitMs) return false;
    kernel.sleep(POLL_MS);
  }
  return true;
}
