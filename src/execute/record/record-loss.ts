import type { Clock, Console } from "../../port/teardown.ts";
import type { RecordedStep } from "../../teardown/record/record.ts";
import { lostLine } from "../../teardown/report/lines.ts";

/** Reports data that was lost outside of the plan, and describes that for the record. */
export function recordLoss(name: string, clock: Clock, console: Console): RecordedStep {
  console.warn(lostLine(name));
  const startMs = Math.round(clock.now());
  return { act: "flush", name, what: "", startMs, tookMs: 0, isLost: true };
}
