import { expect, test } from "vitest";
import { divideDeadline } from "../../src/execute/deadline/limits.ts";
import { releaseStorage } from "../../src/execute/fallback/release-storage.ts";
import { listKernelUsers } from "../../src/execute/left/kernel-users.ts";
import type { Ports } from "../../src/execute/ports.ts";
import { waitForRoom } from "../../src/execute/processes/wait-for-room.ts";
import { runTasks } from "../../src/observe/run-task.ts";
import type { StepLimits } from "../../src/teardown/settings/values.ts";
import { FakeTasks } from "../fake/fake-tasks.ts";
import { makeConsole } from "../fake/make-console.ts";
import { lvmOnLuks } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

test("if no child can be started, every process is killed, and then everything is released", () => {
  const machine = lvmOnLuks();
  let isFull = true;
  machine.beforeCall = (call) => {
    if (call === "kill -1 SIGKILL") isFull = false;
  };
  const tasks = new FakeTasks();
  const start = tasks.start.bind(tasks);
  tasks.start = (action) => {
    if (isFull) throw sysError("fork", "EAGAIN");
    return start(action);
  };
  const lines: string[] = [];
  const console = makeConsole((line) => lines.push(line));
  const ports: Ports = { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} };
  const limits = divideDeadline(90_000);
  const { left } = releaseStorage({ perspective: "exitrd" }, "poweroff", limits, ports, console);
  expect(left).toEqual([]);
  expect(lines[0]).toBe("exitrd: killing all processes: cannot start a child process");
});

/** A machine on which no child can be started for some time, from the first unmount on. */
function runWithShortage(shortMs: number, steps: StepLimits = new Map()) {
  const machine = lvmOnLuks();
  const tasks = new FakeTasks();
  const { clock } = tasks;
  let from = Number.POSITIVE_INFINITY;
  machine.beforeCall = (call) => {
    if (call.startsWith("umount ")) from = Math.min(from, clock.now());
  };
  const start = tasks.start.bind(tasks);
  tasks.start = (action) => {
    if (clock.now() >= from && clock.now() < from + shortMs) throw sysError("fork", "EAGAIN");
    return start(action);
  };
  // No child answers at once.
  const wait = tasks.wait.bind(tasks);
  tasks.wait = (timeoutMs) => (timeoutMs > 0 ? wait(timeoutMs) : []);
  const lines: string[] = [];
  let pings = 0;
  const onTick = (): void => {
    pings += 1;
  };
  const ports: Ports = { reader: machine, kernel: machine, tasks, clock, onTick };
  const console = makeConsole((line) => lines.push(line));
  const limits = divideDeadline(90_000, steps);
  const { left, outcomes } = releaseStorage(
    { perspective: "exitrd" },
    "poweroff",
    limits,
    ports,
    console,
  );
  const failures = outcomes.flatMap((one) => (one.kind === "failed" ? [one.failure] : []));
  const said = lines.filter((line) => line.includes("cannot"));
  return { left, failures, said, pings, endMs: clock.now() };
}

test("if no child can be started for a moment, the release waits, and pings the watchdog", () => {
  const without = runWithShortage(0);
  expect(without).toMatchObject({ left: [], said: [] });
  const { left, said, pings } = runWithShortage(2_000);
  expect(left).toEqual([]);
  expect(said).toEqual([
    "exitrd: trying again: cannot start a child process: Resource temporarily unavailable",
  ]);
  expect(pings).toBeGreaterThanOrEqual(without.pings + 8);
});

test("the limit of a step does not include the time until its child could be started", () => {
  const { left, failures } = runWithShortage(2_000, new Map([["umount", 1_500]]));
  expect({ left, failures }).toEqual({ left: [], failures: [] });
});

test("if no child can be started any more, the release ends after some seconds", () => {
  const { left, said, endMs } = runWithShortage(3_600_000);
  expect(left).not.toEqual([]);
  expect(endMs).toBeLessThan(10_000);
  expect(new Set(said).size).toBe(said.length);
});

test("children that end while another one cannot be started are not lost", () => {
  const tasks = new FakeTasks();
  const start = tasks.start.bind(tasks);
  const works = ["a", "b", "c"].map((name) => () => name);
  const run = (limitMs: number, mayStart: () => boolean) => {
    tasks.start = (action) => {
      if (mayStart()) return start(action);
      throw sysError("fork", "ENOMEM");
    };
    const given = { tasks, clock: tasks.clock, onTick() {} };
    return runTasks(
      works,
      limitMs,
      waitForRoom(
        60_000,
        given,
        makeConsole(() => {}),
      ),
    );
  };
  const done = ["a", "b", "c"].map((output) => ({ kind: "done", output }));
  let tries = 0;
  expect(run(30_000, () => tries++ % 3 === 0)).toEqual(done);
  // The time of all children is over when the second one could be started.
  let isFirst = true;
  const onlyFirst = (): boolean => {
    const may = isFirst;
    isFirst = false;
    return may;
  };
  const error = { kind: "error", syscall: "fork", code: "ENOMEM", words: "Cannot allocate memory" };
  expect(run(100, onlyFirst)).toEqual([done[0], error, error]);
});

test("a child that has ended meanwhile can be asked for its answer, and be abandoned", () => {
  const tasks = new FakeTasks();
  const start = tasks.start.bind(tasks);
  const given = { tasks, clock: tasks.clock, onTick() {} };
  const room = waitForRoom(
    60_000,
    given,
    makeConsole(() => {}),
  ).tasks;
  const [first, second] = [room.start(() => "a"), room.start(() => "b")];
  let tries = 0;
  tasks.start = (action) => {
    if (tries++ > 0) return start(action);
    throw sysError("fork", "ENOMEM");
  };
  const third = room.start(() => "c");
  expect([first, second].map((task) => room.sent(task))).toEqual(["a", "b"]);
  room.abandon(first);
  expect([...room.wait(0), ...room.wait(0)].map(({ task }) => task)).toEqual([second, third]);
});

test("the verb is reached in time even if no child can ever be started", () => {
  const machine = lvmOnLuks();
  const tasks = new FakeTasks();
  tasks.start = () => {
    throw sysError("fork", "ENOMEM");
  };
  const ports: Ports = { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} };
  const lines: string[] = [];
  const console = makeConsole((line) => lines.push(line));
  releaseStorage({ perspective: "exitrd" }, "poweroff", divideDeadline(90_000), ports, console);
  expect(tasks.clock.now()).toBeLessThan(15_000);
  expect(lines.filter((line) => line.includes("killing all processes"))).toHaveLength(1);
});

test("the loaded modules that can hold a file are reported", () => {
  const machine = lvmOnLuks();
  machine.readDir = (path) => (path === "/sys/module" ? ["ext4", "nfsd", "nvmet", "raid1"] : []);
  expect(listKernelUsers(machine)).toEqual(["nfsd", "nvmet"]);
});
