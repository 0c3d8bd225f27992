import type { Snapshot } from "../../kinds/kinds.ts";
import { PREPARATIONS } from "../../kinds/released.ts";
import { runAll, type Work } from "../../observe/run-task.ts";
import type { Ports } from "../ports.ts";

const LIMIT_MS = 2_000;
const SILENT_MS = 1_000;

/**
 * Runs the preparations before the first step of a round. Takes 2 s at most, or 1 s without progress,
 * and ends at `until` (milliseconds of `ports.clock`).
 */
export function prepare(snapshot: Snapshot, isFirst: boolean, until: number, ports: Ports): void {
  const needed = PREPARATIONS.filter((one) =>
    isFirst ? one.isNeeded(snapshot) : one.isNeededAgain?.(snapshot),
  );
  if (needed.length === 0) return;
  // In parallel, so that one that hangs does not cost the others their time.
  const works = needed.map((one): Work => {
    const action: Work["action"] = (send) => {
      one.prepare(snapshot, ports, () => send(" "));
      return "";
    };
    return { action, firstMs: SILENT_MS, silentMs: SILENT_MS };
  });
  runAll(works, Math.min(LIMIT_MS, until - ports.clock.now()), ports);
}
