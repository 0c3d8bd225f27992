import { describe, expect, test } from "vitest";
import { divideDeadline } from "../../src/execute/deadline/limits.ts";
import { takeDown } from "../../src/execute/take-down.ts";
import { makeRecord } from "../../src/teardown/record/make-record.ts";
import type { FakeMachine } from "../fake/fake-machine.ts";
import { FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { makeConsole } from "../fake/make-console.ts";
import { failOn } from "../fake/run-take-down.ts";
import { lvmOnLuks } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

const made = { version: "1", kernel: "6.1", verb: "reboot", tookMs: 5, madeAt: 6 } as const;
const waiting = "exitrd: waiting for 'dd' (77) to exit";

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
    const { left, lines, verdict, survivors } = run(withWriter());
    expect([left, survivors, verdict]).toEqual([[], ["'dd' (77)"], "degraded"]);
    expect(lines).not.toContain(waiting);
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

describe("a dying process that holds the root", () => {
  /** Looks for it end here: the clock goes on until it is abandoned. */
  const hangAfter = (ms: number) => (slept: number) => {
    if (slept > ms) throw new Hang();
  };
  // Killing takes 2.8 s, and invisible users are waited for one second.
  const EARLIER_MS = 4_000;

  test("is waited for while data is written, and then it is released", () => {
    const machine = withWriter("253:1");
    const { left, lines, verdict, endMs } = run(machine, (slept) => {
      if (slept >= 20_000) machine.servers = [];
    });
    expect([left, verdict]).toEqual([[], "clean"]);
    expect(lines.filter((line) => line === waiting)).toHaveLength(1);
    expect(endMs).toBeLessThan(21_000);
  });

  test("is waited for until the time for releasing is over", () => {
    const machine = withWriter("253:1");
    let sectors = 0;
    const readText = machine.readText.bind(machine);
    machine.readText = (path) => {
      if (path !== "/proc/diskstats") return readText(path);
      sectors += 4096;
      return `   8       0 sda 1 0 8 1 9 0 ${sectors} 1 0 1 1\n`;
    };
    const { left, endMs, ticks } = run(machine, hangAfter(EARLIER_MS));
    expect(left).toContain("/oldroot");
    expect(endMs).toBeGreaterThan(75_000);
    expect(endMs).toBeLessThan(82_500);
    expect(ticks).toBeGreaterThan(70);
  });

  test("is left after 5 s without progress", () => {
    const { left, lines, endMs } = run(withWriter("253:1"), hangAfter(EARLIER_MS));
    expect(left).toContain("/oldroot");
    expect(lines.filter((line) => line === waiting)).toHaveLength(1);
    expect(endMs).toBeLessThan(15_000);
  });
});

test("a mount that is busy without any such process is not waited for", () => {
  const machine = lvmOnLuks();
  failOn(machine, "umount /oldroot", () => sysError("umount2", "EBUSY"));
  const { left, lines, endMs } = run(machine);
  expect(left).toContain("/oldroot");
  expect(lines.join()).not.toContain("waiting for");
  expect(endMs).toBeLessThan(5_000);
});
