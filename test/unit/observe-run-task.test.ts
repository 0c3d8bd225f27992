import { expect, test } from "vitest";
import { runAll, runTasks } from "../../src/observe/run-task.ts";
import type { Action } from "../../src/port/teardown.ts";
import { Crash, FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { sysError } from "../fake/sys-error.ts";

function makePorts() {
  const tasks = new FakeTasks();
  return { tasks, clock: tasks.clock, onTick() {} };
}

/** Sends these parts, then throws `thrown`, or returns. */
function sending(parts: readonly string[], thrown?: Error): Action {
  return (send) => {
    for (const part of parts) send(part);
    if (thrown !== undefined) throw thrown;
    return "end";
  };
}

test("the parts that a child sent are kept, however it ended, except after a failed call", () => {
  const actions = [
    sending(["a", "b"]),
    sending(["a"], new Hang()),
    sending(["a"], new Crash()),
    sending(["a"], sysError("open", "EIO")),
    sending([], new Hang()),
  ];
  expect(runTasks(actions, 1_000, makePorts())).toEqual([
    { kind: "done", output: "abend" },
    { kind: "hung", sent: "a" },
    { kind: "crashed", signal: 11, sent: "a" },
    { kind: "error", syscall: "open", code: "EIO", words: "Input/output error" },
    { kind: "hung" },
  ]);
});

test("a child that becomes silent is abandoned at one limit, a child that never sends at another", () => {
  const ports = makePorts();
  const works = [
    { action: sending(["a"], new Hang()), silentMs: 1_000 },
    { action: sending([], new Hang()), firstMs: 2_000, silentMs: 1_000 },
  ];
  expect(runAll(works, 30_000, ports)).toEqual([{ kind: "hung", sent: "a" }, { kind: "hung" }]);
  expect(ports.clock.now()).toBeGreaterThanOrEqual(2_000);
  expect(ports.clock.now()).toBeLessThan(2_500);
});

test.each([1_000, 2_500, 24_000])(
  "children that hang do not keep their places for all of %d ms",
  (limitMs) => {
    const dead = Array.from({ length: 40 }, () => sending([], new Hang()));
    const outcomes = runTasks([...dead, sending([])], limitMs, makePorts());
    expect(outcomes.at(-1)).toEqual({ kind: "done", output: "end" });
  },
);

test("without time, no more are started than at once", () => {
  const ports = makePorts();
  runTasks(
    Array.from({ length: 300 }, () => sending([], new Hang())),
    0,
    ports,
  );
  expect(ports.tasks.started).toBe(16);
});

test("however many hang, the number of children is limited", () => {
  const ports = makePorts();
  const dead = Array.from({ length: 300 }, () => sending([], new Hang()));
  runTasks(dead, 240_000, ports);
  expect(ports.tasks.mostAtOnce).toBe(128);
});

test("a child without such a limit may use the time of all children", () => {
  const ports = makePorts();
  runAll([{ action: sending([], new Hang()), silentMs: 1_000 }], 30_000, ports);
  expect(ports.clock.now()).toBeGreaterThanOrEqual(30_000);
});

test("time in which the parent did not run is not counted as silence", () => {
  const ports = makePorts();
  const { tasks } = ports;
  const wait = tasks.wait.bind(tasks);
  let looks = 0;
  tasks.wait = () => {
    looks += 1;
    // The machine is suspended for a minute each time.
    return wait(60_000);
  };
  runAll([{ action: sending([], new Hang()), firstMs: 500 }], 3_600_000, ports);
  expect(looks).toBe(5);
});

test("hung children do not take the turn of waiting ones", () => {
  const ports = makePorts();
  const hung = Array.from({ length: 40 }, () => ({
    action: sending([], new Hang()),
    firstMs: 1_000,
    silentMs: 1_000,
  }));
  const outcomes = runAll([...hung, { action: sending(["late"]) }], 30_000, ports);
  expect(outcomes.at(-1)).toEqual({ kind: "done", output: "lateend" });
  expect(ports.tasks.mostAtOnce).toBeLessThanOrEqual(16);
});
