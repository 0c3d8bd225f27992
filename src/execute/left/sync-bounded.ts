import { readAllProgress } from "../../observe/progress.ts";
import { runAll, type Work } from "../../observe/run-task.ts";
import type { Kernel, Reader } from "../../port/teardown.ts";
import type { Ports } from "../ports.ts";

// A dead disk costs this much.
const STANDSTILL_MS = 5_000;
// Other work must still be done.
const SHARE = 1 / 3;

/** Calls sync(2), and is abandoned if nothing has been written anywhere for `standstillMs`. */
export function syncing(
  standstillMs: number,
  { kernel, reader }: { readonly kernel: Pick<Kernel, "syncAll">; readonly reader: Reader },
): Work {
  return {
    action: () => {
      kernel.syncAll();
      return "";
    },
    firstMs: standstillMs,
    measure: () => readAllProgress(reader),
  };
}

/**
 * Syncs everything in a child, so that a dead disk cannot block the verb, for a third of the time until
 * `until` at most (milliseconds of `ports.clock`). True if it returned in time.
 */
export function syncBounded(until: number, ports: Ports): boolean {
  const limitMs = Math.max(0, (until - ports.clock.now()) * SHARE);
  const [synced] = runAll([syncing(STANDSTILL_MS, ports)], limitMs, ports);
  return synced?.kind === "done";
}
