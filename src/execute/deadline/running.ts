import { type Node, stepKindOf } from "../../kinds/kinds.ts";
import { listBackingDevs, readProgress } from "../../observe/progress.ts";
import type { Reader } from "../../port/teardown.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import type { PlannedStep } from "../../teardown/plan/plan.ts";
import { stepLimitMs } from "../../teardown/plan/step-limit.ts";
import type { Limits } from "./limits.ts";

// How often an extended step is checked, and the data that must have moved since the last check.
const EXTENSION_MS = 5_000;
const PROGRESS_KIB = 1_024;

/** A step that is running in a child. Times are milliseconds since PID 1 started. */
export interface Running {
  readonly planned: PlannedStep;
  readonly index: number;
  readonly startMs: number;
  /** When it is abandoned, unless data has moved. */
  readonly endMs: number;
  /** The latest time to which `endMs` can be extended. */
  readonly latestMs: number;
  /** `readProgress` when `endMs` was set; NaN for steps that write nothing. */
  readonly progressKib: number;
}

/** The limits of a step that starts now. */
export function setLimits(
  { planned, startMs }: Pick<Running, "planned" | "startMs">,
  graph: Graph<Node>,
  { releaseUntil: until, steps }: Limits,
  reader: Reader,
): Pick<Running, "endMs" | "latestMs" | "progressKib"> {
  const { step } = planned;
  const limitMs = stepLimitMs(step, steps);
  // A server that does not answer may be killed: reserve time for another attempt.
  const isServed = stepKindOf(step).waitsForServer?.(step) === true;
  return {
    endMs: Math.min(until, startMs + limitMs),
    latestMs: isServed ? until - limitMs : until,
    progressKib: measure(planned, graph, reader),
  };
}

/**
 * Extends a step that follows progress as long as data moves: a slow disk is not a dead one.
 * Undefined if the step must be abandoned.
 */
export function extend(
  one: Running,
  now: number,
  graph: Graph<Node>,
  reader: Reader,
): Running | undefined {
  const { planned, endMs, latestMs } = one;
  if (endMs >= latestMs) return undefined;
  const progressKib = measure(planned, graph, reader);
  // Written so that it is true for NaN.
  if (!(progressKib >= one.progressKib + PROGRESS_KIB)) return undefined;
  return { ...one, endMs: Math.min(latestMs, Math.max(now, endMs) + EXTENSION_MS), progressKib };
}

function measure({ step, node }: PlannedStep, graph: Graph<Node>, reader: Reader): number {
  if (stepKindOf(step).followsProgress !== true) return Number.NaN;
  try {
    return readProgress(listBackingDevs(node, graph), reader);
  } catch {
    // Its child is already running: a fault here may cost the extension, but not the plan.
    return Number.NaN;
  }
}
