import { runAll, type TaskPorts } from "../../observe/run-task.ts";
import type { Console } from "../../port/teardown.ts";
import { syncing } from "../left/sync-bounded.ts";
import type { ShutdownPorts } from "../shutdown.ts";

type SyncPorts = TaskPorts & Pick<ShutdownPorts, "kernel" | "reader">;

const SHORTEST_MS = 1_000;
// As systemd-shutdown: three times ten seconds. A disk may need half of that to flush its own cache.
const STANDSTILL_MS = 30_000;

/**
 * Syncs everything, until `until` at the latest (milliseconds of `ports.clock`), or until nothing has
 * been written for 30 s. True if the sync returned in time.
 */
export function syncLast(until: number, ports: SyncPorts, console: Console): boolean {
  const limitMs = Math.max(SHORTEST_MS, until - ports.clock.now());
  const [synced] = runAll([syncing(STANDSTILL_MS, ports)], limitMs, ports);
  if (synced?.kind === "done") return true;
  console.warn("exitrd: cannot sync all file systems: timed out, ignoring");
  return false;
}
