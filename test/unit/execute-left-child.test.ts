import { expect, test } from "vitest";
import { divideDeadline } from "../../src/execute/deadline/limits.ts";
import { takeDown } from "../../src/execute/take-down.ts";
import { FakeTasks } from "../fake/fake-tasks.ts";
import { makeConsole } from "../fake/make-console.ts";
import { lvmOnLuks } from "../fake/stacks.ts";

test("a child that a part left running when it threw does not cost the plan", () => {
  const machine = lvmOnLuks();
  const tasks = new FakeTasks();
  let isEnding = false;
  machine.beforeCall = (call) => {
    isEnding ||= call === "umount /oldroot";
  };
  const wait = tasks.wait.bind(tasks);
  tasks.wait = (timeoutMs) => {
    const ends = wait(timeoutMs);
    if (!isEnding) return ends;
    isEnding = false;
    return [{ task: 1_000_000, result: { kind: "done", output: "" } }, ...ends];
  };
  const ports = { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} };
  const policy = { perspective: "exitrd" } as const;
  const console = makeConsole(() => {});
  expect(takeDown(policy, "poweroff", divideDeadline(90_000), ports, console).left).toEqual([]);
  expect(machine.devices.map(({ name }) => name)).toEqual(["nvme0n1"]);
});
