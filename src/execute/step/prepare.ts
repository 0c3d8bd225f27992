import type { Snapshot } from "../../kinds/kinds.ts";
import { PREPARATIONS } from "../../kinds/released.ts";
import { runTasks } from "../../observe/run-task.ts";
import type { Ports } from "../ports.ts";

const LIMIT_MS = 2_000;

/**
 * Before the first step, removes what would delay or block a step although nothing that has one
 * is in its way. Takes 2 s at most, and none beyond `until` (milliseconds of `ports.clock`).
 */
export function prepare(snapshot: Snapshot, until: number, ports: Ports): void {
  const needed = PREPARATIONS.filter((one) => one.isNeeded(snapshot));
  if (needed.length === 0) return;
  // Side by side: one that takes all of the time leaves the others theirs.
  runTasks(
    needed.map((one) => () => {
      one.prepare(snapshot, ports);
      return "";
    }),
    Math.min(LIMIT_MS, until - ports.clock.now()),
    ports,
  );
}
