import { runAll, type Work } from "../../observe/run-task.ts";
import type { Console } from "../../port/teardown.ts";
import { checkingTree, reportTree } from "../self-check/check-tree.ts";
import type { ShutdownPorts } from "../shutdown.ts";

const SHORTEST_MS = 1_000;

/**
 * Syncs everything, until `until` at the latest (milliseconds of `ports.clock`), and checks the tree
 * that this program runs from in parallel: the check needs the CPU while the sync waits for disks.
 * True if the sync returned in time.
 */
export function syncLast(until: number, ports: ShutdownPorts, console: Console): boolean {
  const { kernel, files, digests, clock } = ports;
  const syncing: Work = {
    action: () => {
      kernel.syncAll();
      return "";
    },
  };
  const works = [syncing, checkingTree(files, digests.sha256)];
  const [synced, checked] = runAll(works, Math.max(SHORTEST_MS, until - clock.now()), ports);
  if (checked !== undefined) reportTree(checked, console);
  if (synced?.kind === "done") return true;
  console.warn("exitrd: cannot sync all file systems: timed out, ignoring");
  return false;
}
