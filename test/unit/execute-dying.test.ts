import { describe, expect, test } from "vitest";
import { divideDeadline } from "../../src/execute/deadline/limits.ts";
import { takeDown } from "../../src/execute/take-down.ts";
import { makeRecord } from "../../src/teardown/record/make-record.ts";
import type { FakeMachine } from "../fake/fake-machine.ts";
import { FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { makeConsole } from "../fake/make-console.ts";
import { lvmOnLuks } from "../fake/stacks.ts";

const made = { version: "1", kernel: "6.1", verb: "reboot", tookMs: 5, madeAt: 6 } as const;

/** A process that no signal ends, on a file system that does not matter unless it is the root's. */
function withWriter(dev = "0:90"): FakeMachine {
  const machine = lvmOnLuks();
  machine.servers = [{ pid: 77, command: "dd", dev, uid: 1000, cmdline: "dd\0" }];
  machine.ignored.add("kill 77 SIGKILL").add("kill -1 SIGKILL");
  return machine;
}

/** Releases everything. Sleeping takes time here, and calls `onSleep` with the time slept so far. */
function run(machine: FakeMachine, onSleep: (sleptMs: number) => void = () => {}) {
  const tasks = new FakeTasks();
  let slept = 0;
  machine.sleep = (ms) => {
    slept += ms;
    onSleep(slept);
  };
  const clock = { now: () => tasks.clock.now() + slept };
  const lines: string[] = [];
  let ticks = 0;
  const onTick = () => void ticks++;
  const ports = { reader: machine, kernel: machine, tasks, clock, onTick };
  const console = makeConsole((line) => lines.push(line));
  const policy = { perspective: "exitrd" } as const;
  const { left, account } = takeDown(policy, "poweroff", divideDeadline(90_000), ports, console);
  const { verdict } = makeRecord(made, account, true);
  return { left, lines, verdict, survivors: account.survivors, endMs: clock.now(), ticks };
}

describe("a process that could not be killed", () => {
  test("is no survivor if it has exited later", () => {
    const machine = withWriter();
    machine.beforeCall = (call) => {
      if (call === "umount /oldroot") machine.servers = [];
    };
    const { left, lines, verdict, survivors } = run(machine);
    expect(lines).toContain("exitrd: cannot kill 'dd' (77), ignoring");
    expect([left, survivors, verdict]).toEqual([[], [], "clean"]);
  });

  test("is one if it stays", () => {
    const { left, verdict, survivors } = run(withWriter());
    expect([left, survivors, verdict]).toEqual([[], ["'dd' (77)"], "degraded"]);
  });

  test("is one if it is not known whether it has exited", () => {
    const machine = withWriter();
    const readText = machine.readText.bind(machine);
    let isGone = false;
    machine.beforeCall = (call) => {
      isGone ||= call === "dm-remove 253:0";
    };
    machine.readText = (path) => {
      if (isGone && path === "/proc/77/stat") throw new Hang();
      return readText(path);
    };
    expect(run(machine).survivors).toEqual(["'dd' (77)"]);
  });
});
