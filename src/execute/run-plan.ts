import { stepKindOf } from "../kinds/kinds.ts";
import { describeStartError, TICK_MS } from "../observe/run-task.ts";
import type { TaskId } from "../port/teardown.ts";
import type { NodeId } from "../teardown/graph/node.ts";
import type { Failure, Outcome } from "../teardown/plan/outcome.ts";
import type { PlannedStep } from "../teardown/plan/plan.ts";
import type { Limits } from "./deadline/limits.ts";
import { extend, hasPlace, type Running, setLimits } from "./deadline/running.ts";
import { createFrontier } from "./frontier.ts";
import type { View } from "./look.ts";
import type { Ports } from "./ports.ts";
import { actOn, type Released, readEnd } from "./step/act-on.ts";

type Begun = Pick<Running, "planned" | "index" | "startMs">;

/**
 * Runs a plan's steps, each as soon as all before it are seen to be released;
 * independent ones side by side. A step after one that failed is not tried.
 *
 * Returns when nothing more can be done, at `releaseUntil` at the latest (milliseconds
 * of `ports.clock`), the nodes that hung. Those in `givenUp` are not tried.
 */
export function runPlan(
  view: Pick<View, "plan" | "graph">,
  limits: Limits,
  givenUp: ReadonlySet<NodeId>,
  ports: Ports,
  onOutcome: (outcome: Outcome) => void,
): readonly NodeId[] {
  const { clock, tasks } = ports;
  const frontier = createFrontier(view.plan);
  const running = new Map<TaskId, Running>();
  const hung: NodeId[] = [];
  const deadServers = new Set<string>();
  const unreported: Outcome[] = [];
  const isDead = (planned: PlannedStep): boolean => deadServers.has(findServer(planned) ?? "none");

  const finish = (begun: Begun, end: Failure | Released): void => {
    unreported.push(makeOutcome(begun, end, clock.now()));
    if (end.kind === "released") frontier.release(begun.index);
    if (end.kind !== "hung") return;
    hung.push(begun.planned.node);
    deadServers.add(findServer(begun.planned) ?? "");
  };

  const start = (planned: PlannedStep, index: number): void => {
    const begun = { planned, index, startMs: clock.now() };
    // One mount of a server that does not answer shows what the others would come to.
    if (isDead(planned)) return finish(begun, { kind: "hung", limitMs: 0 });
    try {
      const task = tasks.start(actOn(planned.step, ports));
      running.set(task, { ...begun, ...setLimits(begun, view.graph, limits, ports.reader) });
    } catch (thrown) {
      finish(begun, readEnd(describeStartError(thrown)));
    }
  };

  const endLate = (task: TaskId, one: Running): void => {
    if (clock.now() < one.endMs && !isDead(one.planned)) return;
    const extended = isDead(one.planned)
      ? undefined
      : extend(one, clock.now(), view.graph, ports.reader);
    if (extended !== undefined) return void running.set(task, extended);
    tasks.abandon(task);
    finish(takeRunning(task, running), { kind: "hung", limitMs: clock.now() - one.startMs });
  };

  for (;;) {
    while (hasPlace(running, clock.now()) && clock.now() < limits.releaseUntil) {
      const index = frontier.take();
      const planned = index === undefined ? undefined : view.plan.steps[index];
      if (index === undefined || planned === undefined) break;
      if (!givenUp.has(planned.node)) start(planned, index);
    }
    // Only now: a line takes as long as the console is slow, and the next steps need not wait for it.
    for (const outcome of unreported.splice(0)) onOutcome(outcome);
    if (running.size === 0) return hung;
    ports.onTick();
    for (const { task, result } of tasks.wait(timeToWait(running, clock.now()))) {
      finish(takeRunning(task, running), readEnd(result));
    }
    for (const [task, one] of running) endLate(task, one);
  }
}

function makeOutcome({ planned, startMs }: Begun, end: Failure | Released, now: number): Outcome {
  const times = { step: planned.step, node: planned.node, startMs, tookMs: now - startMs };
  if (end.kind === "released") return { ...times, ...end };
  return { kind: "failed", ...times, failure: end };
}

function takeRunning(task: TaskId, running: Map<TaskId, Running>): Running {
  const one = running.get(task);
  if (one === undefined) throw new Error(`task ${task} belongs to no step`);
  running.delete(task);
  return one;
}

function findServer({ step }: PlannedStep): string | undefined {
  return stepKindOf(step).server?.(step);
}

function timeToWait(running: ReadonlyMap<TaskId, Running>, now: number): number {
  let soonest = now + TICK_MS;
  for (const { endMs } of running.values()) soonest = Math.min(soonest, endMs);
  return Math.max(0, soonest - now);
}
