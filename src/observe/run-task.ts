import type { Clock } from "../port/clock.ts";
import { isSysError } from "../port/sys-error.ts";
import type { TaskResult, Tasks } from "../port/tasks.ts";

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
export type TaskOutcome = TaskResult | { readonly kind: "hung" };

/**
 * Runs several actions side by side, `MAX_CHILDREN` at most, each in a child,
 * and waits `limitMs` at most for all of them. Nothing here throws: a child
 * that cannot be started counts as an error, one without its turn as hung.
 * `onEnd` hears of each as soon as it has ended, while the others go on.
 */
export function runTasks(
  actions: readonly (() => string)[],
  limitMs: number,
  ports: TaskPorts,
  onEnd: (index: number, result: TaskResult) => void = () => {},
): readonly TaskOutcome[] {
  const { tasks, clock } = ports;
  const until = clock.now() + limitMs;
  const outcomes: TaskOutcome[] = actions.map(() => ({ kind: "hung" }));
  const running = new Map<number, number>();
  const waiting = [...actions.entries()].reverse();
  const startNext = (): void => {
    while (running.size < MAX_CHILDREN) {
      const next = waiting.pop();
      if (next === undefined) return;
      const [index, action] = next;
      try {
        running.set(tasks.start(action), index);
      } catch (thrown) {
        outcomes[index] = describeStartError(thrown);
      }
    }
  };
  for (;;) {
    startNext();
    if (running.size === 0 || clock.now() >= until) break;
    ports.onTick();
    for (const end of tasks.wait(Math.min(TICK_MS, Math.max(0, until - clock.now())))) {
      const index = running.get(end.task);
      if (index === undefined) throw new Error(`task ${end.task} was never started here`);
      running.delete(end.task);
      outcomes[index] = end.result;
      onEnd(index, end.result);
    }
  }
  for (const task of running.keys()) tasks.abandon(task);
  return outcomes;
}

/** The same for a single action. */
export function runTask(action: () => string, limitMs: number, ports: TaskPorts): TaskOutcome {
  const [outcome] = runTasks([action], limitMs, ports);
  if (outcome === undefined) throw new Error("one action, no outcome");
  return outcome;
}

/** A fork(2) that fails (EAGAIN, ENOMEM) is an outcome like any other. */
export function describeStartError(thrown: unknown): TaskResult {
  if (!isSysError(thrown)) throw thrown;
  return { kind: "error", syscall: thrown.syscall, code: thrown.code };
}
