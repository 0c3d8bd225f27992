import { stepKindOf } from "../kinds/kinds.ts";
import { describeStartError, MAX_CHILDREN, TICK_MS } from "../observe/run-task.ts";
import type { TaskId } from "../port/tasks.ts";
import type { NodeId } from "../teardown/graph/node.ts";
import type { Failure, Outcome } from "../teardown/plan/outcome.ts";
import type { PlannedStep } from "../teardown/plan/plan.ts";
import { actOn, type Released, readEnd } from "./act-on.ts";
import { createFrontier } from "./frontier.ts";
import { type Limits, stepLimitMs } from "./limits.ts";
import type { View } from "./look.ts";
import type { Ports } from "./ports.ts";
import { listBackingDevs, readProgress } from "./progress.ts";

// A child that has taken longer most likely hangs, and leaves its place to another.
const PLACE_MS = 3_000;
// Each costs some hundred KiB; beyond this, hung ones keep their places after all.
const MAX_HUNG = 128;
// As often an extended step is looked at again; less than this in that time is standing still.
const EXTENSION_MS = 5_000;
const PROGRESS_KIB = 1_024;

interface Running {
  readonly planned: PlannedStep;
  readonly index: number;
  readonly startMs: number;
  /** When it is given up, unless data is seen to move. */
  readonly endMs: number;
  /** How far that can be extended. */
  readonly latestMs: number;
  /** `readProgress` when `endMs` was set. */
  readonly progressKib: number;
}

/**
 * Runs a plan's steps, each as soon as all before it are seen to be released;
 * independent ones side by side. A step after one that failed is not tried.
 *
 * Returns when nothing more can be done, at `releaseUntil` at the latest (milliseconds
 * of `ports.clock`), the nodes that hung. Those in `givenUp` are not tried.
 */
export function runPlan(
  { plan, graph }: Pick<View, "plan" | "graph">,
  limits: Limits,
  givenUp: ReadonlySet<NodeId>,
  ports: Ports,
  onOutcome: (outcome: Outcome) => void,
): readonly NodeId[] {
  const { clock, tasks } = ports;
  const until = limits.releaseUntil;
  const frontier = createFrontier(plan);
  const running = new Map<TaskId, Running>();
  const hung: NodeId[] = [];
  const deadServers = new Set<string>();
  const unreported: Outcome[] = [];

  const finish = ({ planned, index, startMs }: Begun, end: Failure | Released): void => {
    const { step, node } = planned;
    const times = { step, node, startMs, tookMs: clock.now() - startMs };
    if (end.kind === "released") {
      unreported.push({ ...times, ...end });
      frontier.release(index);
      return;
    }
    if (end.kind === "hung") {
      hung.push(node);
      const server = findServer(planned);
      if (server !== undefined) deadServers.add(server);
    }
    unreported.push({ kind: "failed", ...times, failure: end });
  };

  const isDead = (planned: PlannedStep): boolean => deadServers.has(findServer(planned) ?? "");

  const measure = ({ step, node }: PlannedStep): number =>
    stepKindOf(step).followsProgress === true
      ? readProgress(listBackingDevs(node, graph), ports.reader)
      : Number.NaN;

  const start = (planned: PlannedStep, index: number): void => {
    const startMs = clock.now();
    try {
      const task = tasks.start(actOn(planned.step, ports));
      const limitMs = stepLimitMs(planned.step, limits.steps);
      // A server that does not answer may be ended: there has to be time for another turn then.
      const isServed = stepKindOf(planned.step).waitsForServer?.(planned.step) === true;
      running.set(task, {
        ...{ planned, index, startMs },
        endMs: Math.min(until, startMs + limitMs),
        latestMs: isServed ? until - limitMs : until,
        progressKib: measure(planned),
      });
    } catch (thrown) {
      finish({ planned, index, startMs }, readEnd(describeStartError(thrown)));
    }
  };

  for (;;) {
    while (hasPlace(running, clock.now()) && clock.now() < until) {
      const index = frontier.take();
      if (index === undefined) break;
      const planned = at(plan.steps, index);
      if (givenUp.has(planned.node)) continue;
      // One mount of a server that does not answer shows what the others would come to.
      if (isDead(planned))
        finish({ planned, index, startMs: clock.now() }, { kind: "hung", limitMs: 0 });
      else start(planned, index);
    }
    // Only now: a line takes as long as the console is slow, and the next steps need not wait for it.
    for (const outcome of unreported.splice(0)) onOutcome(outcome);
    if (running.size === 0) return hung;
    ports.onTick();
    for (const { task, result } of tasks.wait(timeToWait(running, clock.now()))) {
      const one = running.get(task);
      if (one === undefined) throw new Error(`task ${task} belongs to no step`);
      running.delete(task);
      finish(one, readEnd(result));
    }
    for (const [task, one] of running) {
      if (clock.now() < one.endMs && !isDead(one.planned)) continue;
      const extended = extend(one, measure(one.planned));
      if (extended !== undefined) running.set(task, extended);
      else {
        tasks.abandon(task);
        running.delete(task);
        finish(one, { kind: "hung", limitMs: clock.now() - one.startMs });
      }
    }
  }
}

function findServer({ step }: PlannedStep): string | undefined {
  return stepKindOf(step).server?.(step);
}

type Begun = Pick<Running, "planned" | "index" | "startMs">;

/** Whether one more may begin: what hangs does not take the places of the healthy. */
function hasPlace(running: ReadonlyMap<TaskId, Running>, now: number): boolean {
  const young = [...running.values()].filter(({ startMs }) => now - startMs < PLACE_MS);
  return young.length < MAX_CHILDREN && running.size < MAX_HUNG;
}

/**
 * More time for a step that follows progress, as long as data is seen to move: a slow disk is not a dead
 * one. Undefined if its time is up for good.
 */
function extend(one: Running, progressKib: number): Running | undefined {
  const { endMs, latestMs } = one;
  if (endMs >= latestMs) return undefined;
  // Compared so that it holds for NaN, too.
  if (!(progressKib >= one.progressKib + PROGRESS_KIB)) return undefined;
  return { ...one, endMs: Math.min(latestMs, endMs + EXTENSION_MS), progressKib };
}

function timeToWait(running: ReadonlyMap<TaskId, Running>, now: number): number {
  let soonest = now + TICK_MS;
  for (const { endMs } of running.values()) soonest = Math.min(soonest, endMs);
  return Math.max(0, soonest - now);
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`no element ${index} of ${list.length}`);
  return item;
}
