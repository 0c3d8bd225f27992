import { runTask } from "../../observe/run-task.ts";
import type { Ports } from "../ports.ts";

/** sync(2) in a child, so that a dead disk cannot stop the verb. True if it came back. */
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
