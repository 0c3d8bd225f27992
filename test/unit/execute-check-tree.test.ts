import { expect, test } from "vitest";
import { createTreeCheck } from "../../src/execute/self-check/check-tree.ts";
import { runTask } from "../../src/observe/run-task.ts";
import type { TaskEnd, TaskResult } from "../../src/port/teardown.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { sha256 } from "../fake/image-inputs.ts";
import { makeConsole } from "../fake/make-console.ts";

const unchecked = [
  "exitrd: cannot verify the loaded image: the check failed or timed out, ignoring",
];

function listenTo(say: (console: ReturnType<typeof makeConsole>) => void): readonly string[] {
  const said: string[] = [];
  say({ ...makeConsole(() => {}), warn: (line: string) => said.push(line) });
  return said;
}

/** The message if the checking child ends like this; undefined for a child that hangs. */
function listen(result: TaskResult | undefined): readonly string[] {
  let now = 0;
  const abandoned: number[] = [];
  const check = createTreeCheck({
    files: new FakeHost().files,
    digests: { sha256 },
    clock: { now: () => now },
    onTick: () => {},
    tasks: {
      start: () => 1,
      wait: (timeoutMs): readonly TaskEnd[] => {
        now += timeoutMs;
        return result === undefined ? [] : [{ task: 1, result }];
      },
      sent: () => "",
      listOwn: () => [],
      abandon: (task) => abandoned.push(task),
    },
  });
  const said = listenTo((console) => check.report(2_500, console));
  const waitedMs = { done: 1_000, error: 1_000, crashed: 2_000, hung: 2_500 };
  expect(now).toBe(waitedMs[result?.kind ?? "hung"]);
  expect(abandoned).toEqual(result === undefined ? [1] : []);
  return said;
}

test.each([
  ["{}", []],
  [
    '{"path":"a","what":"digest"}',
    ["exitrd: cannot verify '/a': changed after loading (digest), ignoring"],
  ],
  [
    '{"path":"a","what":"missing"}',
    ["exitrd: cannot verify '/a': removed after loading, ignoring"],
  ],
  ['{"path":"a","what":"extra"}', ["exitrd: cannot verify '/a': added after loading, ignoring"]],
  [
    '{"path":"a","what":"mounted"}',
    ["exitrd: cannot verify '/a': covered by a mount after loading, ignoring"],
  ],
  [
    '{"path":"a","what":"manifest"}',
    ["exitrd: cannot verify '/a': not a valid manifest, ignoring"],
  ],
])("a child that answers %s", (output, lines) => {
  expect(listen({ kind: "done", output })).toEqual(lines);
});

test("a child that fails, crashes or hangs delays nothing", () => {
  expect(
    listen({ kind: "error", syscall: "open", code: "EIO", words: "Input/output error" }),
  ).toEqual(unchecked);
  expect(listen({ kind: "crashed", signal: 11 })).toEqual(unchecked);
  expect(listen(undefined)).toEqual(unchecked);
});

test("other children run meanwhile, and never see that it ended", () => {
  const own = new FakeTasks();
  const { clock } = own;
  const ports = { tasks: own, clock, onTick: () => {} };
  const check = createTreeCheck({ ...ports, files: new FakeHost().files, digests: { sha256 } });
  check.start();
  check.start();
  const other = runTask(() => "released", 1_000, { ...ports, tasks: check.tasks });
  expect(other).toEqual({ kind: "done", output: "released" });
  expect(own.started).toBe(2);
  // The tree of the fake has no manifest.
  expect(listenTo((console) => check.report(clock.now(), console))).toEqual([
    "exitrd: cannot verify '/manifest.json': not a valid manifest, ignoring",
  ]);
});

test("a check that is killed with the last processes is made once more", () => {
  const results: TaskResult[] = [
    { kind: "crashed", signal: 9 },
    { kind: "done", output: "{}" },
  ];
  let starts = 0;
  const check = createTreeCheck({
    files: new FakeHost().files,
    digests: { sha256 },
    clock: { now: () => 0 },
    onTick: () => {},
    tasks: {
      start: () => {
        starts += 1;
        return 1;
      },
      wait: () => results.splice(0, 1).map((result) => ({ task: 1, result })),
      sent: () => "",
      listOwn: () => [],
      abandon: () => {},
    },
  });
  check.start();
  check.tasks.wait(0);
  expect(listenTo((console) => check.report(1_000, console))).toEqual([]);
  expect(starts).toBe(2);
});

test("a child that cannot be started is reported, and so is one that hangs", () => {
  const tasks = new FakeTasks();
  const { files } = new FakeHost();
  files.status = () => {
    throw new Hang();
  };
  const check = createTreeCheck({
    ...{ tasks, clock: tasks.clock, files, digests: { sha256 } },
    onTick: () => {},
  });
  expect(listenTo((console) => check.report(500, console))).toEqual(unchecked);
  expect(tasks.clock.now()).toBe(500);
  expect(tasks.abandoned).toEqual([1]);
});
