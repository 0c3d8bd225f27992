import { type Remark, type Step, stepKindOf } from "../kinds/kinds.ts";
import { releaserOf } from "../kinds/released.ts";
import { describeStartError, MAX_CHILDREN, TICK_MS } from "../observe/run-task.ts";
import { isSysError } from "../port/sys-error.ts";
import type { TaskEnd, TaskId, TaskResult } from "../port/tasks.ts";
import type { NodeId } from "../teardown/graph/node.ts";
import type { Failure, Holder, Outcome } from "../teardown/plan/outcome.ts";
import type { Plan, PlannedStep } from "../teardown/plan/plan.ts";
import { extendPatience, type Patience, readUnwritten } from "./deadline-extension.ts";
import { ABSENT } from "./is-gone.ts";
import { findHolders } from "./left/holders.ts";
import { type Limits, stepLimitMs } from "./limits.ts";
import type { Ports } from "./ports.ts";
import { waitUntil } from "./wait-until.ts";

interface Running {
  readonly index: number;
  readonly startMs: number;
  readonly patience: Patience;
  /** How far patience can go. */
  readonly latestMs: number;
}

/**
 * Runs a plan's steps, each as soon as all before it are seen to be released;
 * independent ones side by side. A step after one that failed is not tried.
 *
 * Returns when nothing more can be done, at `releaseUntil` at the latest (milliseconds
 * of `ports.clock`), the nodes that hung. Those in `givenUp` are not tried.
 */
export function runPlan(
  plan: Plan,
  { releaseUntil: until, steps: configured }: Limits,
  givenUp: ReadonlySet<NodeId>,
  ports: Ports,
  onOutcome: (outcome: Outcome) => void,
): readonly NodeId[] {
  const hung: NodeId[] = [];
  const missing = plan.steps.map((planned) => planned.after.length);
  const followers = listFollowers(plan);
  const ready: number[] = [];
  const running = new Map<TaskId, Running>();
  const untold: Outcome[] = [];
  const unwrittenKib = readUnwritten(ports.reader);
  missing.forEach((count, index) => {
    if (count === 0) ready.push(index);
  });

  const finish = (index: number, startMs: number, end: Failure | Released): void => {
    const { step, node } = at(plan.steps, index);
    const times = { step, node, startMs, tookMs: ports.clock.now() - startMs };
    if (end.kind !== "released") {
      if (end.kind === "hung") hung.push(node);
      untold.push({ kind: "failed", ...times, failure: end });
      return;
    }
    untold.push({ ...times, ...end });
    for (const follower of at(followers, index)) {
      const left = at(missing, follower) - 1;
      missing[follower] = left;
      if (left === 0) ready.push(follower);
    }
  };

  const startNext = (index: number): void => {
    const { step, node } = at(plan.steps, index);
    if (givenUp.has(node)) return;
    const startMs = ports.clock.now();
    const limitMs = stepLimitMs(step, configured);
    const patience = { endMs: Math.min(until, startMs + limitMs), unwrittenKib };
    // What a server keeps waiting is to have another turn once that is ended.
    const latestMs = stepKindOf(step).waitsForServer?.(step) === true ? until - limitMs : until;
    try {
      const task = ports.tasks.start(actOn(step, ports));
      running.set(task, { index, startMs, patience, latestMs });
    } catch (thrown) {
      finish(index, startMs, readEnd(describeStartError(thrown)));
    }
  };

  const collect = (end: TaskEnd): void => {
    const task = running.get(end.task);
    if (task === undefined) throw new Error(`task ${end.task} belongs to no step`);
    running.delete(end.task);
    finish(task.index, task.startMs, readEnd(end.result));
  };

  let next = 0;
  for (;;) {
    while (next < ready.length && running.size < MAX_CHILDREN && ports.clock.now() < until) {
      startNext(at(ready, next));
      next += 1;
    }
    // Only now: a line takes as long as the console is slow, and the next steps need not wait for it.
    for (const outcome of untold.splice(0)) onOutcome(outcome);
    if (running.size === 0) return hung;
    ports.onTick();
    ports.tasks.wait(timeToWait(running, ports)).forEach(collect);
    for (const [task, one] of running) {
      const { index, startMs, patience, latestMs } = one;
      if (ports.clock.now() < patience.endMs) continue;
      const { step } = at(plan.steps, index);
      const more = extendPatience(step, patience, latestMs, ports.reader);
      if (more === undefined) {
        ports.tasks.abandon(task);
        running.delete(task);
        finish(index, startMs, { kind: "hung", limitMs: patience.endMs - startMs });
      } else running.set(task, { ...one, patience: more });
    }
  }
}

function actOn(step: Step, ports: Ports): () => string {
  const { reader } = ports;
  const { settleMs } = stepKindOf(step);
  const { perform, isReleased } = releaserOf(step);
  return () => {
    let remark: Remark | undefined;
    try {
      remark = perform(step, ports);
    } catch (thrown) {
      // What somebody else released meanwhile is released all the same, or about to be:
      // a deferred removal begins when the last user is gone, as this step does.
      if (!isSysError(thrown)) throw thrown;
      const patience = ABSENT.includes(thrown.code) ? settleMs : 0;
      if (waitUntil(() => isReleased(step, reader), patience, ports)) {
        return writeReleased(undefined);
      }
      // Named at once: the process may be gone when all is over.
      if (thrown.code === "EBUSY" && "dev" in step) return writeBusy(findHolders(step, ports));
      throw thrown;
    }
    // Some of the kernel's work goes on after the call that asked for it.
    const released = waitUntil(() => isReleased(step, reader), settleMs, ports);
    return released ? writeReleased(remark) : "still-there";
  };
}

type Released = Pick<Extract<Outcome, { readonly kind: "released" }>, "kind" | "remark">;

const RELEASED = "released ";
const BUSY = "busy ";

function writeReleased(remark: Remark | undefined): string {
  return RELEASED + (remark ?? "");
}

function readReleased(output: string): Released | undefined {
  if (!output.startsWith(RELEASED)) return undefined;
  const remark = output.slice(RELEASED.length);
  return { kind: "released", ...(remark === "" ? {} : { remark: remark as Remark }) };
}

function writeBusy(holders: readonly Holder[]): string {
  return BUSY + JSON.stringify(holders);
}

function readBusy(output: string): Failure | undefined {
  if (!output.startsWith(BUSY)) return undefined;
  // Our own child wrote it.
  return { kind: "busy", holders: JSON.parse(output.slice(BUSY.length)) as readonly Holder[] };
}

function readEnd(result: TaskResult): Failure | Released {
  switch (result.kind) {
    case "done":
      return readReleased(result.output) ?? readBusy(result.output) ?? { kind: "still-there" };
    case "crashed":
      return { kind: "crashed", signal: result.signal };
    case "error":
      if (result.code === "EBUSY") return { kind: "busy", holders: [] };
      return result;
  }
}

function timeToWait(running: ReadonlyMap<TaskId, Running>, ports: Ports): number {
  let soonest = ports.clock.now() + TICK_MS;
  for (const { patience } of running.values()) soonest = Math.min(soonest, patience.endMs);
  return Math.max(0, soonest - ports.clock.now());
}

function listFollowers(plan: Plan): readonly (readonly number[])[] {
  const followers: number[][] = plan.steps.map(() => []);
  plan.steps.forEach((planned: PlannedStep, index) => {
    for (const earlier of planned.after) at(followers, earlier).push(index);
  });
  return followers;
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`no element ${index} of ${list.length}`);
  return item;
}
