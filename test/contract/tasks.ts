import type { TaskEnd, Tasks } from "../../src/port/teardown.ts";
import { answerOf, type Rule } from "./rule.ts";

/** Children, and the ways in which one can fail to answer. */
export interface TasksWorld {
  readonly tasks: Tasks;
  /** A call in the child that throws a `SysError`. */
  readonly failCall: () => never;
  /** Kills the child by SIGSEGV. */
  readonly crash: () => never;
  /** Never returns. */
  readonly hang: () => never;
}

const PATIENCE_MS = 5_000;

/**
 * Waits until `count` children have ended; returns them in the order in which they were started.
 */
function collect({ tasks }: TasksWorld, count: number): readonly TaskEnd[] {
  const ends: TaskEnd[] = [];
  for (let round = 0; round < 100 && ends.length < count; round += 1) {
    ends.push(...tasks.wait(PATIENCE_MS));
  }
  return ends.sort((one, other) => one.task - other.task);
}

function resultsOf(world: TasksWorld, ...actions: readonly (() => string)[]): readonly unknown[] {
  for (const action of actions) world.tasks.start(action);
  return collect(world, actions.length).map(({ result }) => result);
}

export const tasksRules: readonly Rule<TasksWorld>[] = [
  {
    name: "the result of a child arrives unchanged",
    run: (world) =>
      resultsOf(
        world,
        () => "",
        () => "e\0\xff\n",
        () => "x".repeat(100_000).slice(-3),
      ),
    expected: [
      { kind: "done", output: "" },
      { kind: "done", output: "e\0\xff\n" },
      { kind: "done", output: "xxx" },
    ],
  },
  {
    name: "a result that is larger than a pipe arrives, too",
    run: (world) => {
      world.tasks.start(() => "x".repeat(300_000));
      const [end] = collect(world, 1);
      return end?.result.kind === "done" && end.result.output.length;
    },
    expected: 300_000,
  },
  {
    name: "a failed call arrives as its name, code and words",
    run: (world) => resultsOf(world, () => world.failCall()),
    expected: [
      { kind: "error", syscall: "open", code: "ENOENT", words: "No such file or directory" },
    ],
  },
  {
    name: "an exception is reported as a crash without a signal, and a signal as a crash with it",
    run: (world) =>
      resultsOf(
        world,
        () => {
          throw new TypeError("a bug");
        },
        () => world.crash(),
      ),
    expected: [
      { kind: "crashed", signal: 0 },
      { kind: "crashed", signal: 11 },
    ],
  },
  {
    name: "changes in a child do not affect the parent",
    run: (world) => {
      let count = 0;
      world.tasks.start(() => {
        count += 1;
        return String(count);
      });
      const [end] = collect(world, 1);
      return [end?.result.kind === "done" && end.result.output];
    },
    expected: ["1"],
  },
  {
    name: "a wait for a time that has passed returns at once",
    run: ({ tasks, hang }) => {
      const task = tasks.start(() => hang());
      const ends = [-0.5, -1, -90_000].map((timeoutMs) => tasks.wait(timeoutMs));
      tasks.abandon(task);
      return ends;
    },
    expected: [[], [], []],
  },
  {
    name: "a wait returns at its timeout, and an abandoned child is never reported",
    run: (world) => {
      const { tasks } = world;
      const hung = tasks.start(() => world.hang());
      const before = tasks.wait(20);
      tasks.abandon(hung);
      const done = tasks.start(() => "later");
      const ends = collect(world, 1).map(({ task, result }) => [task === done, result]);
      return [before, ends, tasks.wait(20)];
    },
    expected: [[], [[true, { kind: "done", output: "later" }]], []],
  },
  {
    name: "a child that has ended cannot be abandoned",
    run: (world) => {
      const task = world.tasks.start(() => "");
      collect(world, 1);
      try {
        return answerOf(() => world.tasks.abandon(task));
      } catch {
        return "refused";
      }
    },
    expected: "refused",
  },
];
