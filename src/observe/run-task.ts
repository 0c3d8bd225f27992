import type { Clock } from "../port/clock.ts";
import { isSysError } from "../port/sys-error.ts";
import { toSysFailure } from "../port/sys-failure.ts";
import type { Action, TaskId, TaskResult, Tasks } from "../port/tasks.ts";

/** How often PID 1 looks up from waiting: often enough for any watchdog. */
export const TICK_MS = 1000;

/**
 * More children at once gain nothing, since the kernel takes most of these
 * calls one by one, and would cost memory at the worst moment.
 */
export const MAX_CHILDREN = 16;

/** What running children takes. */
export interface TaskPorts {
  readonly tasks: Tasks;
  readonly clock: Clock;
  /** Called at least once a second while waiting: PID 1 pings the watchdog. */
  readonly onTick: () => void;
}

/** What became of a child: its own answer, or none in time. */
export type TaskOutcome =
  | TaskResult
  /** `sent` is what came before it fell silent. */
  | { readonly kind: "hung"; readonly sent?: string };

/** What one child is to do, and how long it may be silent, where that matters. */
export interface Work {
  readonly action: Action;
  /** Milliseconds from one part that it sends to the next. */
  readonly silentMs?: number;
  /** The same before its first part; without it, as long as all have. */
  readonly firstMs?: number;
}

interface Running {
  readonly index: number;
  /** How much of its answer there was when it was last looked at. */
  readonly length: number;
  /** Since when that has not changed, in time that was spent waiting. */
  readonly silentMs: number;
}

// A parent that does not run, because the machine is busy or stands still, cannot say that its
// child has been silent: of the time between two looks, this much counts.
const SLICE_MS = 100;

/**
 * Runs several actions side by side, `MAX_CHILDREN` at most, each in a child,
 * and waits `limitMs` at most for all of them. Nothing here throws: a child
 * that cannot be started counts as an error, one without its turn as hung.
 * `onEnd` hears of each as soon as it has ended, while the others go on.
 */
export function runTasks(
  actions: readonly Action[],
  limitMs: number,
  ports: TaskPorts,
  onEnd?: (index: number, result: TaskResult) => void,
): readonly TaskOutcome[] {
  return runAll(
    actions.map((action) => ({ action })),
    limitMs,
    ports,
    onEnd,
  );
}

/** The same for children that send as they go: one that falls silent is abandoned before the rest. */
export function runAll(
  works: readonly Work[],
  limitMs: number,
  ports: TaskPorts,
  onEnd: (index: number, result: TaskResult) => void = () => {},
): readonly TaskOutcome[] {
  const { tasks, clock } = ports;
  const until = clock.now() + limitMs;
  const outcomes: TaskOutcome[] = works.map(() => ({ kind: "hung" }));
  const running = new Map<TaskId, Running>();
  const waiting = [...works.entries()].reverse();
  const isWatched = works.some(({ silentMs, firstMs }) => (silentMs ?? firstMs) !== undefined);
  const startNext = (): void => {
    while (running.size < MAX_CHILDREN) {
      const next = waiting.pop();
      if (next === undefined) return;
      const [index, { action }] = next;
      try {
        running.set(tasks.start(action), { index, length: 0, silentMs: 0 });
      } catch (thrown) {
        outcomes[index] = describeStartError(thrown);
      }
    }
  };
  const abandon = (task: TaskId, index: number): void => {
    const sent = tasks.sent(task);
    outcomes[index] = { kind: "hung", ...(sent === "" ? {} : { sent }) };
    tasks.abandon(task);
    running.delete(task);
  };
  for (;;) {
    startNext();
    const start = clock.now();
    if (running.size === 0 || start >= until) break;
    ports.onTick();
    for (const end of tasks.wait(Math.min(isWatched ? SLICE_MS : TICK_MS, until - start))) {
      const one = running.get(end.task);
      // Left running by a part of the shutdown that threw. What comes after it has its own.
      if (one === undefined) continue;
      running.delete(end.task);
      outcomes[one.index] = end.result;
      onEnd(one.index, end.result);
    }
    if (!isWatched) continue;
    const waited = Math.min(SLICE_MS, clock.now() - start);
    for (const [task, one] of running) {
      const now = listen(one, tasks.sent(task).length, waited);
      running.set(task, now);
      if (isTooSilent(now, works[one.index])) abandon(task, one.index);
    }
  }
  for (const [task, { index }] of running) abandon(task, index);
  return outcomes;
}

function listen(one: Running, length: number, waitedMs: number): Running {
  if (length !== one.length) return { ...one, length, silentMs: 0 };
  return { ...one, silentMs: one.silentMs + waitedMs };
}

function isTooSilent({ length, silentMs }: Running, work: Work | undefined): boolean {
  const limitMs = length === 0 ? work?.firstMs : work?.silentMs;
  return limitMs !== undefined && silentMs >= limitMs;
}

/** The same for a single action. */
export function runTask(action: Action, limitMs: number, ports: TaskPorts): TaskOutcome {
  const [outcome] = runTasks([action], limitMs, ports);
  if (outcome === undefined) throw new Error("one action, no outcome");
  return outcome;
}

/** A fork(2) that fails (EAGAIN, ENOMEM) is an outcome like any other. */
export function describeStartError(thrown: unknown): TaskResult {
  if (!isSysError(thrown)) throw thrown;
  return { kind: "error", ...toSysFailure(thrown) };
}
