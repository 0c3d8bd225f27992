import type { Snapshot } from "../../kinds/kinds.ts";
import { PREPARATIONS } from "../../kinds/released.ts";
import { runTasks } from "../../observe/run-task.ts";
import type { Ports } from "../ports.ts";

const LIMIT_MS = 2_000;

/**
 * Runs the preparations before the first step. Takes 2 s at most, and ends at `until` (milliseconds
 * of `ports.clock`).
 */
export function prepare(snapshot: Snapshot, until: number, ports: Ports): void {
  const needed = PREPARATIONS.filter((one) => one.isNeeded(snapshot));
  if (needed.length === 0) return;
  // In parallel, so that one that hangs does not cost the others their time.
  runTasks(
    needed.map((one) => () => {
      one.prepare(snapshot, ports);
      return "";
    }),
    Math.min(LIMIT_MS, until - ports.clock.now()),
    ports,
  );
}
