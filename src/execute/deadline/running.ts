import { type Node, stepKindOf } from "../../kinds/kinds.ts";
import { MAX_CHILDREN } from "../../observe/run-task.ts";
import type { Reader, TaskId } from "../../port/teardown.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import type { PlannedStep } from "../../teardown/plan/plan.ts";
import { type Limits, stepLimitMs } from "./limits.ts";
import { listBackingDevs, readProgress } from "./progress.ts";

// A child that has taken longer most likely hangs, and leaves its place to another.
const PLACE_MS = 3_000;
// Each costs some hundred KiB; beyond this, hung ones keep their places after all.
const MAX_HUNG = 128;
// As often an extended step is looked at again; less than this in that time is standing still.
const EXTENSION_MS = 5_000;
const PROGRESS_KIB = 1_024;

/** A step that a child is at work on. Times are milliseconds since PID 1 began. */
export interface Running {
  readonly planned: PlannedStep;
  readonly index: number;
  readonly startMs: number;
  /** When it is given up, unless data is seen to move. */
  readonly endMs: number;
  /** How far that can be extended. */
  readonly latestMs: number;
  /** `readProgress` when `endMs` was set; NaN for steps that write nothing. */
  readonly progressKib: number;
}

/** How long a step has that begins now. */
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
 * More time for a step that follows progress, as long as data is seen to move: a slow disk is not
 * a dead one. Undefined if its time is up for good.
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
  // Compared so that it holds for NaN, too.
  if (!(progressKib >= one.progressKib + PROGRESS_KIB)) return undefined;
  return { ...one, endMs: Math.min(latestMs, Math.max(now, endMs) + EXTENSION_MS), progressKib };
}

function measure({ step, node }: PlannedStep, graph: Graph<Node>, reader: Reader): number {
  const isFollowed = stepKindOf(step).followsProgress === true;
  return isFollowed ? readProgress(listBackingDevs(node, graph), reader) : Number.NaN;
}

/** Whether one more may begin: what hangs does not take the places of the healthy. */
export function hasPlace(running: ReadonlyMap<TaskId, Running>, now: number): boolean {
  const young = [...running.values()].filter(({ startMs }) => now - startMs < PLACE_MS);
  return young.length < MAX_CHILDREN && running.size < MAX_HUNG;
}
