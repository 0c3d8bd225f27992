import { expect, test } from "vitest";
import { waitForUptime } from "../../src/execute/end/wait-for-uptime.ts";
import { FakeMachine, portsOf } from "../fake/fake-machine.ts";
import { FakeTasks } from "../fake/fake-tasks.ts";
import { makeConsole } from "../fake/make-console.ts";

test("no wait is negative, which poll(2) would take for one without an end", () => {
  const machine = new FakeMachine({ mounts: [] });
  machine.readText = (path) => (path === "/proc/uptime" ? "5.50 4.10\n" : "");
  const tasks = new FakeTasks();
  let now = 0;
  let waits = 0;
  tasks.wait = (timeoutMs) => {
    if (timeoutMs < 0) throw new Error("a wait without an end");
    waits += 1;
    now += timeoutMs;
    return [];
  };
  // Whatever is done between two looks at the clock takes time.
  const clock = { now: () => (now += 0.7) };
  const ports = { ...portsOf(machine), tasks, clock, onTick() {} };
  for (let minimumMs = 9_500; minimumMs < 9_510; minimumMs += 0.1) {
    waitForUptime(
      minimumMs,
      now + 60_000,
      ports,
      makeConsole(() => {}),
    );
  }
  expect(waits).toBeGreaterThan(300);
});
