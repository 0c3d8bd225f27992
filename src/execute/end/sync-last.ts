import { runAll, type TaskPorts } from "../../observe/run-task.ts";
import type { Console } from "../../port/teardown.ts";
import { syncing } from "../left/sync-bounded.ts";
import { checkingTree, reportTree } from "../self-check/check-tree.ts";
import type { ShutdownPorts } from "../shutdown.ts";

type SyncPorts = TaskPorts & Pick<ShutdownPorts, "kernel" | "files" | "digests" | "reader">;

const SHORTEST_MS = 1_000;
// As systemd-shutdown: three times ten seconds. A disk may need half of that to flush its own cache.
const STANDSTILL_MS = 30_000;
// Of the time for the sync: a check that hangs must not use up a short deadline.
const CHECK_SHARE = 1 / 4;

/**
 * Syncs everything, until `until` at the latest (milliseconds of `ports.clock`), or until nothing has
 * been written for 30 s, and checks the tree that this program runs from in parallel: the check needs
 * the CPU while the sync waits for disks. True if the sync returned in time.
 */
export function syncLast(until: number, ports: SyncPorts, console: Console): boolean {
  const { files, digests, clock } = ports;
  const limitMs = Math.max(SHORTEST_MS, until - clock.now());
  const works = [
    syncing(STANDSTILL_MS, ports),
    checkingTree(files, digests.sha256, limitMs * CHECK_SHARE),
  ];
  const [synced, checked] = runAll(works, limitMs, ports);
  if (checked !== undefined) reportTree(checked, console);
  if (synced?.kind === "done") return true;
  console.warn("exitrd: cannot sync all file systems: timed out, ignoring");
  return false;
}
