import { isSysError, toSysFailure } from "../port/sys-error.ts";
import type { Action, Clock, TaskId, TaskResult, Tasks } from "../port/teardown.ts";

/** How often PID 1 wakes up while waiting: often enough for any watchdog. */
export const TICK_MS = 1000;

/**
 * More concurrent children would gain nothing, since the kernel serializes most of these calls, but
 * would cost memory at the worst moment.
 */
export const MAX_CHILDREN = 16;
/** A child that takes longer has most likely hung. Another one may start in its place. */
export const PLACE_MS = 3_000;
// If there is less time, a part of it.
const PLACE_SHARE = 1 / 4;
/**
 * Each child costs some hundred KiB. With more hung children than this, none may start in their place.
 */
export const MAX_HUNG = 128;

/** The ports for running children. */
export interface TaskPorts {
  readonly tasks: Tasks;
  readonly clock: Clock;
  /** Called at least once a second while waiting: PID 1 pings the watchdog. */
  readonly onTick: () => void;
}

/** The result of a child: its answer, or none in time. */
export type TaskOutcome =
  | TaskResult
  /** `sent` is what it sent before it hung. */
  | { readonly kind: "hung"; readonly sent?: string };

/** The work of one child, and how long it may be silent, if that matters. */
export interface Work {
  readonly action: Action;
  /** Milliseconds between two parts of its answer. */
  readonly silentMs?: number;
  /** The same, before the first part; if absent, the limit for all children applies. */
  readonly firstMs?: number;
  /** Shows that it works although it sends nothing: an increase counts as a part. Never blocks. */
  readonly measure?: () => number;
}

interface Running {
  readonly index: number;
  readonly startMs: number;
  /** The length of its answer when it was last checked. */
  readonly length: number;
  /** The most that was measured. */
  readonly most: number;
  /** For how long that has not changed, in time spent waiting. */
  readonly silentMs: number;
}

// If the parent did not run, because the machine was busy or suspended, it does not know whether a
// child was silent: at most this much of the time between two checks is counted.
const SLICE_MS = 100;

/**
 * Runs several actions in parallel, at most `MAX_CHILDREN` and those that have hung, each in a child,
 * and waits at most `limitMs` for all of them. Never throws: a child that cannot be started is an
 * error, one that did not get its turn is hung. `onEnd` is called for each as soon as it ends, while
 * the others continue.
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

/** The same for children that send their answers in parts: a silent one is abandoned earlier. */
export function runAll(
  works: readonly Work[],
  limitMs: number,
  ports: TaskPorts,
  onEnd: (index: number, result: TaskResult) => void = () => {},
): readonly TaskOutcome[] {
  const { tasks, clock } = ports;
  const until = clock.now() + limitMs;
  const placeMs = Math.max(SLICE_MS, Math.min(PLACE_MS, limitMs * PLACE_SHARE));
  const outcomes: TaskOutcome[] = works.map(() => ({ kind: "hung" }));
  const running = new Map<TaskId, Running>();
  const waiting = [...works.entries()].reverse();
  const isWatched = works.some(({ silentMs, firstMs }) => (silentMs ?? firstMs) !== undefined);
  const hasPlace = (): boolean => {
    const since = clock.now() - placeMs;
    const taken = [...running.values()].filter(({ startMs }) => startMs > since).length;
    return taken < MAX_CHILDREN && running.size < MAX_HUNG;
  };
  const startNext = (): void => {
    while (waiting.length > 0 && hasPlace()) {
      const next = waiting.pop();
      if (next === undefined) return;
      const [index, { action, measure }] = next;
      const most = measure === undefined ? 0 : Number.NEGATIVE_INFINITY;
      try {
        const task = tasks.start(action);
        running.set(task, { index, startMs: clock.now(), length: 0, most, silentMs: 0 });
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
    if (running.size === 0) break;
    // A last time without waiting: starting the children may have used up the time, and some have
    // ended meanwhile.
    const leftMs = Math.max(0, until - start);
    ports.onTick();
    // Those that wait for a place start when one is free.
    const tickMs = waiting.length > 0 ? Math.min(placeMs, TICK_MS) : TICK_MS;
    for (const end of tasks.wait(Math.min(isWatched ? SLICE_MS : tickMs, leftMs))) {
      const one = running.get(end.task);
      // A part of the shutdown that threw left this child running; the parts after it have their
      // own.
      if (one === undefined) continue;
      running.delete(end.task);
      outcomes[one.index] = end.result;
      onEnd(one.index, end.result);
    }
    if (leftMs === 0) break;
    if (!isWatched) continue;
    const waited = Math.min(SLICE_MS, clock.now() - start);
    for (const [task, one] of running) {
      const work = works[one.index];
      const now = listen(one, tasks.sent(task).length, work?.measure?.() ?? 0, waited);
      running.set(task, now);
      if (isTooSilent(now, work)) abandon(task, one.index);
    }
  }
  for (const [task, { index }] of running) abandon(task, index);
  return outcomes;
}

function listen(one: Running, length: number, measured: number, waitedMs: number): Running {
  const most = Math.max(one.most, measured);
  if (length !== one.length || most > one.most) return { ...one, length, most, silentMs: 0 };
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
