import { isSysError, toSysFailure } from "../../src/port/sys-error.ts";
import type { Action, TaskEnd, TaskResult, Tasks } from "../../src/port/teardown.ts";

/** Thrown by an action that is to hang: its child never answers. */
export class Hang extends Error {}

/** Thrown by an action whose child is to die by a signal. */
export class Crash extends Error {}

/** Runs every action at once, on a clock of its own that only waiting moves. */
export class FakeTasks implements Tasks {
  #now = 0;
  #next = 1;
  #ended: TaskEnd[] = [];
  readonly #running = new Set<number>();
  readonly #sent = new Map<number, string>();
  readonly abandoned: number[] = [];
  /** The most children that there ever were at the same time. */
  mostAtOnce = 0;

  /** How many children there ever were. */
  get started(): number {
    return this.#next - 1;
  }

  readonly clock = { now: (): number => this.#now };

  start(action: Action): number {
    const task = this.#next;
    this.#next += 1;
    this.#running.add(task);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running.size);
    const result = settle(action, (part) => {
      this.#sent.set(task, this.sent(task) + part);
    });
    if (result !== undefined) {
      this.#ended.push({ task, result: addSent(result, this.sent(task)) });
    }
    return task;
  }

  /** What the test says. */
  own: readonly number[] = [];

  listOwn(): readonly number[] {
    return this.own;
  }

  sent(task: number): string {
    return this.#sent.get(task) ?? "";
  }

  wait(timeoutMs: number): readonly TaskEnd[] {
    if (this.#ended.length === 0) {
      this.#now += timeoutMs;
      return [];
    }
    this.#now += 1;
    for (const { task } of this.#ended) this.#running.delete(task);
    return this.#ended.splice(0);
  }

  abandon(task: number): void {
    if (!this.#running.delete(task)) throw new Error(`no child ${task}`);
    this.#ended = this.#ended.filter((end) => end.task !== task);
    this.abandoned.push(task);
  }
}

/** What was sent comes before what was returned, and is left of a crash. */
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

function settle(action: Action, send: (part: string) => void): TaskResult | undefined {
  try {
    return { kind: "done", output: action(send) };
  } catch (thrown) {
    if (thrown instanceof Hang) return undefined;
    if (thrown instanceof Crash) return { kind: "crashed", signal: 11 };
    if (!isSysError(thrown)) return { kind: "crashed", signal: 0 };
    return { kind: "error", ...toSysFailure(thrown) };
  }
}
