import { describe, expect, test } from "vitest";
import { syncLast } from "../../src/execute/end/sync-last.ts";
import { FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { makeConsole } from "../fake/make-console.ts";
import { lvmOnLuks } from "../fake/stacks.ts";

describe("a sync that never returns", () => {
  /** When it is abandoned, in milliseconds, if a disk writes `mibPerSecond` for the first minute. */
  const abandonedAt = (until: number, mibPerSecond: number): number => {
    const tasks = new FakeTasks();
    const machine = lvmOnLuks();
    const { clock } = tasks;
    const readText = machine.readText.bind(machine);
    machine.readText = (path) => {
      const sectors = Math.floor((mibPerSecond * 2048 * Math.min(clock.now(), 60_000)) / 1000);
      return path === "/proc/diskstats"
        ? `   8       0 sda 1 0 8 1 1 0 ${sectors} 1 0 1 1\n`
        : readText(path);
    };
    machine.beforeCall = (call) => {
      if (call === "sync") throw new Hang();
    };
    const ports = { kernel: machine, reader: machine, tasks, clock };
    expect(
      syncLast(
        until,
        { ...ports, onTick() {} },
        makeConsole(() => {}),
      ),
    ).toBe(false);
    return clock.now();
  };

  test("is abandoned after half a minute, however long the deadline is", () => {
    for (const until of [87_000, 297_000, 897_000]) {
      expect(abandonedAt(until, 0)).toBeGreaterThanOrEqual(30_000);
      expect(abandonedAt(until, 0)).toBeLessThan(32_000);
    }
    expect(abandonedAt(20_000, 0)).toBeLessThan(21_000);
  });

  test("has the whole time while data is written", () => {
    expect(abandonedAt(297_000, 1)).toBeGreaterThan(89_000);
    expect(abandonedAt(297_000, 1)).toBeLessThan(92_000);
    expect(abandonedAt(50_000, 1)).toBeGreaterThan(49_000);
  });
});
