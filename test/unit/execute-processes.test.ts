import { expect, test } from "vitest";
import { endStorageDaemons, killingLeftovers } from "../../src/execute/processes/kill-leftovers.ts";
import { thawProcesses } from "../../src/execute/processes/thaw.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { FakeTasks } from "../fake/fake-tasks.ts";
import { sysError } from "../fake/sys-error.ts";

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
  endStorageDaemons(60_000, { reader: machine, kernel: machine, tasks, clock, onTick() {} });
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
  expect(machine.calls).toEqual([
    ...[71, 72, 73].map((pid) => `kill ${pid} SIGSTOP`),
    ...[71, 72, 73].map((pid) => `kill ${pid} SIGKILL`),
  ]);
});

test("what a fork bomb adds while it is listed is stopped and killed, too", () => {
  const machine = new FakeMachine({ mounts: [] });
  const living = new Set([100]);
  const stopped = new Set<number>();
  machine.readDir = () => [...living].map(String);
  machine.readText = (path) => {
    const pid = Number(path.split("/")[2]);
    return living.has(pid) ? `${pid} (bomb) R 1 1 1 0 -1 0 0 0` : "";
  };
  machine.beforeCall = (call) => {
    const [, pid, signal] = call.split(" ");
    if (signal === "SIGSTOP") stopped.add(Number(pid));
    if (signal === "SIGKILL") living.delete(Number(pid));
    // Whoever still runs fills the places up to four again.
    const runs = [...living].some((one) => !stopped.has(one));
    while (runs && living.size < 4) living.add(200 + machine.calls.length + living.size);
  };
  const ports = { reader: machine, kernel: machine, clock: { now: () => 0 } };
  killingLeftovers({ ...ports, tasks: new FakeTasks(), onTick() {} })();
  expect([...living]).toEqual([]);
});

test("a storage daemon is never stopped", () => {
  const machine = new FakeMachine({
    mounts: [],
    servers: [{ pid: 812, command: "server", dev: "0:1" }],
  });
  const ports = { reader: machine, kernel: machine, clock: { now: () => 0 } };
  const tasks = new FakeTasks();
  killingLeftovers({ ...ports, tasks, onTick() {} })();
  endStorageDaemons(60_000, { ...ports, tasks, onTick() {} });
  expect(machine.calls).toEqual(["kill 812 SIGTERM"]);
});

test("what a version 1 freezer holds is thawed from the top down, so that it dies", () => {
  const machine = new FakeMachine({ mounts: [] });
  const states: Record<string, string> = { a: "FROZEN", "a/b": "FROZEN", c: "THAWED" };
  machine.readText = (path) => {
    if (path === "/proc/self/mountinfo") {
      return "30 1 0:27 / /ice rw - cgroup freezer rw,freezer\n31 1 0:28 / /cpu rw - cgroup cpu rw,cpu\n";
    }
    const state = states[/^\/ice\/(.*)\/freezer\.state$/.exec(path)?.[1] ?? ""];
    if (state === undefined) throw sysError("open", "ENOENT");
    return `${state}\n`;
  };
  machine.readDir = (path) =>
    ({ "/ice": ["a", "c", "tasks"], "/ice/a": ["b", "freezer.state"] })[path] ?? [];
  thawProcesses({ reader: machine, kernel: machine });
  expect(machine.calls).toEqual([
    "write /ice/a/freezer.state THAWED",
    "write /ice/a/b/freezer.state THAWED",
  ]);
});

test("plymouthd is killed with the others, although it calls itself a storage daemon", () => {
  const machine = new FakeMachine({
    mounts: [],
    servers: [
      { pid: 300, command: "plymouthd", dev: "0:1" },
      { pid: 301, command: "plymouthd-fd-es", dev: "0:1" },
      { pid: 812, command: "server", dev: "0:1" },
    ],
  });
  const ports = { reader: machine, kernel: machine, clock: { now: () => 0 } };
  const killing = killingLeftovers({ ...ports, tasks: new FakeTasks(), onTick() {} });
  expect(JSON.parse(killing())).toEqual([{ pid: 812, command: "server", servesStorage: true }]);
});
