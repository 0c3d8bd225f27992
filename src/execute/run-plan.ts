import { describeStartError, TICK_MS } from "../observe/run-task.ts";
import type { TaskId } from "../port/teardown.ts";
import type { NodeId } from "../teardown/graph/node.ts";
import type { Failure, Outcome } from "../teardown/plan/outcome.ts";
import type { PlannedStep } from "../teardown/plan/plan.ts";
import type { Limits } from "./deadline/limits.ts";
import { extend, type Running, setLimits } from "./deadline/running.ts";
import { createFrontier } from "./frontier.ts";
import { createLanes, QUIET_MS } from "./lanes/lanes.ts";
import type { View } from "./look.ts";
import type { Ports } from "./ports.ts";
import { actOn, type Released, readEnd, readUnfinished } from "./step/act-on.ts";

type Begun = Pick<Running, "planned" | "index" | "startMs">;

/**
 * Runs the steps of a plan, each as soon as all steps before it are verified, and independent steps
 * in parallel. A step after a failed one is not tried.
 *
 * Returns the steps that hung, when nothing more can be done, at `releaseUntil` at the latest
 * (milliseconds of `ports.clock`). Nodes in `givenUp` are not tried.
 * `onWait` is called at least once a second, with the step that has been running longest.
 */
export function runPlan(
  { plan, graph }: Pick<View, "plan" | "graph">,
  limits: Limits,
  givenUp: ReadonlySet<NodeId>,
  ports: Ports,
  onOutcome: (outcome: Outcome) => void,
  onWait: (oldest: Running, count: number) => void = () => {},
): readonly PlannedStep[] {
  const { clock, tasks, reader } = ports;
  const frontier = createFrontier(plan);
  const running = new Map<TaskId, Running>();
  const hung: PlannedStep[] = [];
  const lanes = createLanes(plan, graph);
  const unreported: Outcome[] = [];

  const isGivenUp = (index: number): boolean => {
    const node = plan.steps[index]?.node;
    return node === undefined || givenUp.has(node);
  };

  const finish = (begun: Begun, end: Failure | Released, isStarted = true): void => {
    unreported.push(makeOutcome(begun, end, clock.now()));
    const ended = end.kind === "hung" ? "hung" : "finished";
    lanes.end(begun.index, clock.now(), isStarted ? ended : "unstarted");
    if (end.kind === "released") frontier.release(begun.index);
    if (end.kind === "hung") hung.push(begun.planned);
  };

  const start = (planned: PlannedStep, index: number): void => {
    const begin = (): Begun => ({ planned, index, startMs: clock.now() });
    if (lanes.isDead(index)) return finish(begin(), { kind: "hung", limitMs: 0 });
    try {
      const task = tasks.start(actOn(planned.step, { ...ports, untilMs: limits.releaseUntil }));
      // Not before: `start` may have waited until a child could be created.
      const begun = begin();
      running.set(task, { ...begun, ...setLimits(begun, graph, limits, reader) });
    } catch (thrown) {
      finish(begin(), readEnd(describeStartError(thrown)), false);
    }
  };

  const endLate = (task: TaskId, one: Running): void => {
    if (clock.now() < one.endMs) return;
    const extended = extend(one, clock.now(), graph, reader);
    if (extended !== undefined) return void running.set(task, extended);
    finish(one, readUnfinished(tasks.sent(task), clock.now() - one.startMs));
    tasks.abandon(task);
    running.delete(task);
  };

  for (;;) {
    while (clock.now() < limits.releaseUntil) {
      for (let index = frontier.take(); index !== undefined; index = frontier.take()) {
        if (!isGivenUp(index)) lanes.add(index);
      }
      const index = lanes.take(clock.now());
      const planned = index === undefined ? undefined : plan.steps[index];
      if (index === undefined || planned === undefined) break;
      start(planned, index);
    }
    // Printed only now, because a slow console must not delay the next steps.
    for (const outcome of unreported.splice(0)) onOutcome(outcome);
    if (running.size === 0) return hung;
    ports.onTick();
    const [oldest] = running.values();
    if (oldest !== undefined) onWait(oldest, running.size);
    for (const { task, result } of tasks.wait(
      timeToWait(running, lanes.isWaiting(), clock.now()),
    )) {
      const one = running.get(task);
      // A part of the shutdown that threw may have left another child running.
      if (one !== undefined) finish(one, readEnd(result));
      running.delete(task);
    }
    for (const [task, one] of running) endLate(task, one);
  }
}

function makeOutcome({ planned, startMs }: Begun, end: Failure | Released, now: number): Outcome {
  const times = { step: planned.step, node: planned.node, startMs, tookMs: now - startMs };
  if (end.kind === "released") return { ...times, ...end };
  return { kind: "failed", ...times, failure: end };
}

function timeToWait(
  running: ReadonlyMap<TaskId, Running>,
  isWaiting: boolean,
  now: number,
): number {
  let soonest = now + (isWaiting ? QUIET_MS : TICK_MS);
  for (const { endMs } of running.values()) soonest = Math.min(soonest, endMs);
  return Math.max(0, soonest - now);
}
