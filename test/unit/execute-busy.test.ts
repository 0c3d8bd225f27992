import { describe, expect, test } from "vitest";
import { Hang } from "../fake/fake-tasks.ts";
import { failOn, runTakeDown } from "../fake/run-take-down.ts";
import { lvmOnLuks } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

test("a device is tried again although a process blocked the search for its holders", () => {
  const machine = lvmOnLuks();
  let isBusy = true;
  let isBlocked = false;
  machine.beforeCall = (call) => {
    if (call !== "dm-remove 253:1" || !isBusy) return;
    isBusy = false;
    isBlocked = true;
    throw sysError("ioctl", "EBUSY");
  };
  const readLink = machine.readLink.bind(machine);
  machine.readLink = (path) => {
    if (path !== "/proc/self/ns/mnt" || !isBlocked) return readLink(path);
    isBlocked = false;
    throw new Hang();
  };
  const { left, lines } = runTakeDown(machine);
  expect(left).toEqual([]);
  expect(lines.filter((line) => line.includes("cannot remove 'vg-root'"))).toEqual([
    "exitrd: cannot remove 'vg-root': Device or resource busy",
  ]);
});

describe("something that is busy although nobody holds it", () => {
  test.each([1, 3, 5])("is released if it is busy %d times and then no more", (times) => {
    const machine = lvmOnLuks();
    let tries = 0;
    machine.beforeCall = (call) => {
      if (call === "umount /oldroot" && tries++ < times) throw sysError("umount2", "EBUSY");
    };
    const { left, lines } = runTakeDown(machine);
    expect(left).toEqual([]);
    expect(lines.filter((line) => line.includes("cannot unmount '/oldroot'"))).toHaveLength(1);
  });

  test("costs a second if it stays busy", () => {
    const machine = lvmOnLuks();
    failOn(machine, "umount /oldroot", () => sysError("umount2", "EBUSY"));
    const slept: number[] = [];
    machine.sleep = (ms) => void slept.push(ms);
    const { left, outcomes } = runTakeDown(machine);
    expect(left).toContain("/oldroot");
    expect(slept).toEqual([100, 300, 600]);
    expect(outcomes.filter(({ kind }) => kind === "failed").length).toBeLessThan(10);
  });
});

test("a device whose holders cannot be searched is not waited for", () => {
  const machine = lvmOnLuks();
  failOn(machine, "dm-remove 253:1", () => sysError("ioctl", "EBUSY"));
  const readLink = machine.readLink.bind(machine);
  machine.readLink = (path) => {
    if (path === "/proc/self/ns/mnt") throw new Hang();
    return readLink(path);
  };
  const slept: number[] = [];
  machine.sleep = (ms) => void slept.push(ms);
  runTakeDown(machine);
  expect(slept).toEqual([]);
});
