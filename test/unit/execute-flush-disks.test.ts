import { describe, expect, test } from "vitest";
import { flushDisks } from "../../src/execute/left/flush-disks.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { sysError } from "../fake/sys-error.ts";

/** A line of /sys/block/NAME/stat. */
function stat(writes: number, inFlight: number): string {
  return `  9 0 72 1 ${writes} 0 56 1 ${inFlight} 3 2 0 0 0 0\n`;
}

function flush(
  disks: Readonly<Record<string, string>>,
  isHung: (path: string) => boolean,
  suspended: readonly string[] = [],
) {
  const machine = new FakeMachine({ mounts: [] });
  const flushed: string[] = [];
  machine.readDir = () => Object.keys(disks);
  machine.readText = (path) => {
    const name = path.split("/")[3] ?? "";
    if (path.endsWith("/dm/suspended")) return suspended.includes(name) ? "1\n" : "0\n";
    return disks[name] ?? "";
  };
  machine.flush = (path) => {
    if (isHung(path)) throw new Hang();
    flushed.push(path);
  };
  const tasks = new FakeTasks();
  const ports = { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} };
  flushDisks((ms) => ms, ports);
  return { flushed, tasks };
}

test("a disk that was never written to is not flushed, and one alone needs no other child", () => {
  const disks = { sda: stat(0, 0), "cciss!c0d0": stat(7, 0), loop0: stat(0, 0) };
  const { flushed, tasks } = flush(disks, () => false);
  expect(flushed).toEqual(["/dev/cciss/c0d0"]);
  expect(tasks.started).toBe(1);
});

test("sixteen disks that hang do not prevent others from being flushed", () => {
  const hung = Array.from({ length: 16 }, (_, index) => [`hung${index}`, stat(7, 1)]);
  const disks = Object.fromEntries([...hung, ["sda", stat(7, 0)], ["gone", ""]]);
  const { flushed, tasks } = flush(disks, (path) => path.includes("hung"));
  // The last one cannot be examined, so it waits for a place.
  expect(flushed).toEqual(["/dev/sda", "/dev/gone"]);
  expect(tasks.clock.now()).toBeLessThanOrEqual(2_000);
});

test("a suspended device is not waited for", () => {
  const disks = { sda: stat(7, 0), "dm-0": stat(7, 0), "dm-1": stat(7, 0) };
  const { flushed, tasks } = flush(disks, (path) => path === "/dev/dm-1", ["dm-1"]);
  expect(flushed).toEqual(["/dev/sda", "/dev/dm-0"]);
  expect(tasks.clock.now()).toBeLessThan(1_000);
});

describe("data that a disk has lost", () => {
  const made = (texts: Readonly<Record<string, string>>) => {
    const machine = new FakeMachine({
      mounts: [],
      devices: [{ name: "sda", dev: "8:0", slaves: [], kind: "disk" }],
      texts: { "/sys/block/sda/stat": stat(7, 0), "/sys/block/sda/sda1/partition": "1", ...texts },
    });
    const tasks = new FakeTasks();
    const ports = { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} };
    const flushAll = () => flushDisks((ms) => ms, ports);
    return { machine, flushAll };
  };
  const hardware = { "/sys/block/sda/device/model": "disk" };

  test.each(["/dev/sda", "/dev/sda1"])("is reported: %s", (path) => {
    const { machine, flushAll } = made({});
    machine.lostPages.add(path);
    expect(flushAll()).toEqual(["sda"]);
  });

  test.each([
    ["is reported for a disk that fails it", hardware, "fsync", "EIO", ["sda"]],
    ["proves nothing for a device without hardware", {}, "fsync", "EIO", []],
    [
      "proves nothing for a path that is not used",
      { ...hardware, "/sys/block/sda/device/access_state": "standby" },
      "fsync",
      "EIO",
      [],
    ],
    ["proves nothing for a disk that refuses it", hardware, "fsync", "EREMOTEIO", []],
    ["proves nothing for a drive without a medium", hardware, "open", "ENOMEDIUM", []],
    ["proves nothing for a disk that is gone", hardware, "open", "ENXIO", []],
  ] as const)("with a flush that fails, %s", (_, texts, syscall, code, lost) => {
    const { machine, flushAll } = made(texts);
    machine.flush = () => {
      throw sysError(syscall, code);
    };
    expect(flushAll()).toEqual(lost);
  });
});
