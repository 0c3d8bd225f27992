import type { Console } from "../port/teardown.ts";

/** Runs a part of the shutdown; undefined if it threw. `what` completes the message "cannot …". */
export type Guard = <T>(what: string, part: () => T) => T | undefined;

/** Each part is reported only once: a part that runs every second must not fill the console. */
export function makeGuard(console: Console): Guard {
  const reported = new Set<string>();
  return (what, part) => {
    try {
      return part();
    } catch (thrown) {
      if (!reported.has(what)) console.warn(`exitrd: cannot ${what}: ${String(thrown)}, ignoring`);
      reported.add(what);
      return undefined;
    }
  };
}
