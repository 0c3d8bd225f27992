import { expect, test } from "vitest";
import { endStorageDaemons } from "../../src/execute/processes.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { FakeTasks } from "../fake/fake-tasks.ts";

test("on a machine where looking is slow, a daemon that hangs is killed in time", () => {
  const machine = new FakeMachine({
    mounts: [],
    servers: [{ pid: 812, command: "hung", dev: "0:1" }],
  });
  machine.ignored.add("kill 812 SIGTERM");
  let now = 0;
  let killedAt = Number.POSITIVE_INFINITY;
  machine.readDir = (path) => {
    if (path === "/proc") now += 100;
    return FakeMachine.prototype.readDir.call(machine, path);
  };
  machine.beforeCall = (call) => {
    if (call === "kill 812 SIGKILL") killedAt = now;
  };
  const clock = { now: () => now };
  const tasks = new FakeTasks();
  endStorageDaemons({ reader: machine, kernel: machine, tasks, clock, onTick() {} });
  expect(killedAt).toBeLessThan(3_000);
});
