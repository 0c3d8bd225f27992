import { runTask } from "../../observe/run-task.ts";
import type { Ports } from "../ports.ts";

const BESIDE_OTHERS_MS = 5_000;

/** How long a sync may take if other work must still be done before `until`. */
export function boundSync(until: number, { clock }: Ports): number {
  return Math.max(0, Math.min(BESIDE_OTHERS_MS, (until - clock.now()) / 3));
}

/**
 * Calls sync(2) in a child, so that a dead disk cannot block the verb. True if it returned in time.
 */
export function syncBounded(limitMs: number, ports: Ports): boolean {
  const synced = runTask(
    () => {
      ports.kernel.syncAll();
      return "";
    },
    limitMs,
    ports,
  );
  return synced.kind === "done";
}
