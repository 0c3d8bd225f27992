import { isSysError, toSysFailure } from "../../src/port/sys-error.ts";
import type { Action, TaskEnd, TaskResult, Tasks } from "../../src/port/teardown.ts";

/** Thrown by an action that must hang: its child never answers. */
export class Hang extends Error {}

/** Thrown by an action whose child must be killed by a signal. */
export class Crash extends Error {}

/** Thrown by an action that takes a while: it is run again after that time, in milliseconds. */
export class Slow extends Error {
  readonly ms: number;

  constructor(ms: number) {
    super();
    this.ms = ms;
  }
}

/** Runs every action immediately, on a clock of its own that only advances while waiting. */
export class FakeTasks implements Tasks {
  #now = 0;
  #next = 1;
  #ended: TaskEnd[] = [];
  #slow: { readonly task: number; readonly action: Action; readonly atMs: number }[] = [];
  readonly #running = new Set<number>();
  readonly #sent = new Map<number, string>();
  readonly abandoned: number[] = [];
  /** The maximum number of simultaneous children. */
  mostAtOnce = 0;

  /** The number of children so far. */
  get started(): number {
    return this.#next - 1;
  }

  readonly clock = { now: (): number => this.#now };

  start(action: Action): number {
    const task = this.#next;
    this.#next += 1;
    this.#running.add(task);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running.size);
    this.#run(task, action);
    return task;
  }

  #run(task: number, action: Action): void {
    const result = settle(action, (part) => {
      this.#sent.set(task, this.sent(task) + part);
    });
    if (result instanceof Slow) this.#slow.push({ task, action, atMs: this.#now + result.ms });
    else if (result !== undefined) {
      this.#ended.push({ task, result: addSent(result, this.sent(task)) });
    }
  }

  /** Set by the test. */
  own: readonly number[] = [];

  listOwn(): readonly number[] {
    return this.own;
  }

  sent(task: number): string {
    return this.#sent.get(task) ?? "";
  }

  wait(timeoutMs: number): readonly TaskEnd[] {
    if (this.#ended.length === 0) {
      this.#now += Math.max(0, timeoutMs);
      const due = this.#slow.filter(({ atMs }) => atMs <= this.#now);
      this.#slow = this.#slow.filter((one) => !due.includes(one));
      for (const { task, action } of due) this.#run(task, action);
      return [];
    }
    this.#now += 1;
    for (const { task } of this.#ended) this.#running.delete(task);
    return this.#ended.splice(0);
  }

  abandon(task: number): void {
    if (!this.#running.delete(task)) throw new Error(`no child ${task}`);
    this.#ended = this.#ended.filter((end) => end.task !== task);
    this.#slow = this.#slow.filter((one) => one.task !== task);
    this.abandoned.push(task);
  }
}

/** Parts that were sent precede the result, and are kept after a crash. */
function addSent(result: TaskResult, sent: string): TaskResult {
  switch (result.kind) {
    case "done":
      return { ...result, output: sent + result.output };
    case "crashed":
      return { ...result, ...(sent === "" ? {} : { sent }) };
    case "error":
      return result;
  }
}

function settle(action: Action, send: (part: string) => void): TaskResult | Slow | undefined {
  try {
    return { kind: "done", output: action(send) };
  } catch (thrown) {
    if (thrown instanceof Hang) return undefined;
    if (thrown instanceof Slow) return thrown;
    if (thrown instanceof Crash) return { kind: "crashed", signal: 11 };
    if (!isSysError(thrown)) return { kind: "crashed", signal: 0 };
    return { kind: "error", ...toSysFailure(thrown) };
  }
}
