import { expect, test } from "vitest";
import { Hang } from "../fake/fake-tasks.ts";
import { runTakeDown } from "../fake/run-take-down.ts";
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
