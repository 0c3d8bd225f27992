import { expect, test } from "vitest";
import { leaveSystem } from "../../src/execute/processes/leave-system.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { FakeTasks, Hang } from "../fake/fake-tasks.ts";

/** What is done before the pivot, and how long that takes, in milliseconds. */
function leave(timeoutMs: number, watchdogMs: number, change: (machine: FakeMachine) => void) {
  const server = { pid: 800, command: "stays", dev: "0:1", uid: 4243 };
  const machine = new FakeMachine({ mounts: [], servers: [server] });
  const tasks = new FakeTasks();
  change(machine);
  const ports = { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} };
  leaveSystem(timeoutMs, watchdogMs, ports);
  const calls = machine.calls.filter((call) => /^(?:sync$|kill )/.test(call));
  return { calls, tookMs: tasks.clock.now() };
}

test("everything is synced before processes are asked to end", () => {
  expect(leave(90_000, 90_000, () => {}).calls).toEqual([
    "sync",
    ...["kill 800 SIGTERM", "kill 800 SIGCONT"],
  ]);
});

test.each([
  [90_000, 90_000, 5_000],
  [10_000, 10_000, 3_000],
  // A watchdog of 15 s, which nothing pings.
  [90_000, 15_000, 5_000],
])("a dead disk costs %d ms (watchdog %d ms) at most %d ms", (timeoutMs, watchdogMs, mostMs) => {
  const { calls, tookMs } = leave(timeoutMs, watchdogMs, (machine) => {
    machine.syncAll = () => {
      throw new Hang();
    };
  });
  expect(calls).toContain("kill 800 SIGTERM");
  expect(tookMs).toBeGreaterThan(mostMs - 500);
  expect(tookMs).toBeLessThanOrEqual(mostMs + 500);
});

test("a slow disk has a third of the time, and of the watchdog's", () => {
  const write = (watchdogMs: number): number =>
    leave(90_000, watchdogMs, (machine) => {
      let written = 0;
      machine.syncAll = () => {
        throw new Hang();
      };
      const readText = machine.readText.bind(machine);
      machine.readText = (path) => {
        written += 10_000;
        return path === "/proc/diskstats"
          ? `   8       0 sda 1 0 8 1 1 0 ${written} 1 0 1 1\n`
          : readText(path);
      };
    }).tookMs;
  expect(write(90_000)).toBeGreaterThan(24_000);
  expect(write(90_000)).toBeLessThan(27_000);
  expect(write(15_000)).toBeLessThan(6_000);
});
