import { expect, test } from "vitest";
import { endStorageDaemons, killingLeftovers } from "../../src/execute/processes.ts";
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

test("the children of PID 1 that work beside the one that kills are left alone", () => {
  const machine = new FakeMachine({ mounts: [] });
  const processes: Readonly<Record<string, { stat: string; exe: string }>> = {
    1: { stat: "1 (shutdown) S 0 1 1 0 -1 0 0 0", exe: "0:30" },
    70: { stat: "70 (shutdown) R 1 1 1 0 -1 0 0 0", exe: "0:30" },
    71: { stat: "71 (shutdown) S 1 1 1 0 -1 0 0 0", exe: "253:1" },
    72: { stat: "72 (shutdown) S 71 1 1 0 -1 0 0 0", exe: "0:30" },
    73: { stat: "73 (cron) S 1 1 1 0 -1 0 0 0", exe: "0:30" },
    74: { stat: "74 (kworker) S 2 0 0 0 -1 2097152 0 0", exe: "" },
  };
  machine.readDir = () => ["self", ...Object.keys(processes)];
  machine.readText = (path) => {
    const stat = /^\/proc\/([0-9]+)\/stat$/.exec(path)?.[1] ?? "";
    return processes[stat]?.stat ?? "";
  };
  machine.stat = (path) => {
    const dev = processes[path.split("/")[2] ?? ""]?.exe ?? "";
    return { dev, rdev: "0:0", mountId: 1, uid: 0, isBlock: false };
  };
  const tasks = new FakeTasks();
  const clock = { now: () => 0 };
  killingLeftovers({ reader: machine, kernel: machine, tasks, clock, onTick() {} })();
  expect(machine.calls).toEqual(["kill 71 SIGKILL", "kill 72 SIGKILL", "kill 73 SIGKILL"]);
});
