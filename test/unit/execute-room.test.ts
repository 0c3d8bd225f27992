import { expect, test } from "vitest";
import { divideDeadline } from "../../src/execute/deadline/limits.ts";
import { releaseStorage } from "../../src/execute/fallback/release-storage.ts";
import { listKernelUsers } from "../../src/execute/left/kernel-users.ts";
import type { Ports } from "../../src/execute/ports.ts";
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

test("the verb is reached in time even if no child can ever be started", () => {
  const machine = lvmOnLuks();
  const tasks = new FakeTasks();
  tasks.start = () => {
    throw sysError("fork", "ENOMEM");
  };
  const ports: Ports = { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} };
  const console = makeConsole(() => {});
  releaseStorage({ perspective: "exitrd" }, "poweroff", divideDeadline(90_000), ports, console);
  expect(tasks.clock.now()).toBeLessThan(15_000);
});

test("the loaded modules that can hold a file are reported", () => {
  const machine = lvmOnLuks();
  machine.readDir = (path) => (path === "/sys/module" ? ["ext4", "nfsd", "nvmet", "raid1"] : []);
  expect(listKernelUsers(machine)).toEqual(["nfsd", "nvmet"]);
});
