import { afterEach, describe, expect, test } from "vitest";
import { divideDeadline } from "../../src/execute/deadline/limits.ts";
import { listFileSystems, listSteps } from "../../src/execute/fallback/list-steps.ts";
import { lookPlainly } from "../../src/execute/fallback/look-plainly.ts";
import { releaseStorage } from "../../src/execute/fallback/release-storage.ts";
import type { Ports } from "../../src/execute/ports.ts";
import { BREAKS, breakObserving } from "../fake/break-parts.ts";
import { type FakeDevice, FakeMachine, type FakeMount } from "../fake/fake-machine.ts";
import { Crash, FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { listKindStacks } from "../fake/kind-stacks.ts";
import { makeConsole } from "../fake/make-console.ts";
import { failOn } from "../fake/run-take-down.ts";
import { API, disk, lvmOnLuks, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

let mend: () => void = () => {};

afterEach(() => {
  mend();
  mend = () => {};
});

function makePorts(machine: FakeMachine) {
  const tasks = new FakeTasks();
  const ports: Ports = { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} };
  return { tasks, ports };
}

function release(machine: FakeMachine, totalMs = 90_000, beforeSteps = () => false) {
  const { tasks, ports } = makePorts(machine);
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const { left, account } = releaseStorage(
    { perspective: "exitrd" },
    "poweroff",
    divideDeadline(totalMs),
    ports,
    makeConsole(say),
    beforeSteps,
  );
  return { left, lines, tasks, account };
}

const inOrder = ["umount /oldroot", "dm-remove 253:1", "dm-remove 253:0"];

function listSpine(machine: FakeMachine): readonly string[] {
  return machine.steps.filter((call) => !call.startsWith("umount /oldroot/"));
}

describe.each(["graph", "plan"] as const)("a bug in the %s", (part) => {
  test("does not prevent the release of a common stack: it is released without a plan", () => {
    mend = BREAKS[part]();
    const machine = lvmOnLuks();
    const { left, lines } = release(machine);
    expect(left).toEqual([]);
    expect(listSpine(machine)).toEqual(inOrder);
    expect(lines[0]).toBe("exitrd: cannot plan the release: TypeError: injected: a bug, ignoring");
    expect(lines.at(-1)).toBe("exitrd: released without a plan, nothing more to be seen; poweroff");
  });

  test("does not prevent hooks from running, and none runs twice", () => {
    mend = BREAKS[part]();
    const machine = lvmOnLuks();
    let hooks = 0;
    release(machine, 90_000, () => {
      expect(machine.steps).toEqual([]);
      hooks += 1;
      return true;
    });
    expect(hooks).toBe(1);
  });
});

test.each([
  ["a bug", () => new TypeError("a bug")],
  ["a crash", () => new Crash()],
  ["EIO", () => sysError("uname", "EIO")],
  ["a hang", () => new Hang()],
])("%s while observing: everything in mountinfo and sysfs is released in time", (_, makeError) => {
  const machine = lvmOnLuks();
  breakObserving(machine, () => {
    throw makeError();
  });
  const { left, lines, tasks } = release(machine);
  expect(left).toEqual([]);
  expect(listSpine(machine)).toEqual(inOrder);
  expect(lines).toContain(
    "exitrd: cannot plan the release: Error: the storage cannot be observed, ignoring",
  );
  expect(tasks.clock.now()).toBeLessThan(75_000);
});

test.each([5_000, 20_000])("observing that hangs leaves time to release, of %i ms", (totalMs) => {
  const machine = lvmOnLuks();
  breakObserving(machine, () => {
    throw new Hang();
  });
  const { left, tasks } = release(machine, totalMs);
  expect(left).toEqual([]);
  expect(tasks.clock.now()).toBeLessThan(totalMs);
});

test("a bug that occurs after the first step is survived, too", () => {
  const machine = lvmOnLuks();
  machine.beforeCall = (call) => {
    if (call !== "umount /oldroot") return;
    machine.beforeCall = () => {};
    mend = BREAKS.graph();
  };
  expect(release(machine).left).toEqual([]);
});

test("a busy file system is synced and made read-only, and its devices are left alone", () => {
  mend = BREAKS.plan();
  const machine = lvmOnLuks();
  failOn(machine, "umount /oldroot", () => sysError("umount2", "EBUSY"));
  const { left, lines } = release(machine);
  expect(left).toEqual(["/oldroot", "dm-0", "dm-1"]);
  expect(machine.calls.slice(-2)).toEqual(["syncfs /oldroot", "remount-ro /oldroot"]);
  expect(machine.calls).not.toContain("dm-remove 253:1");
  expect(lines).toContain("exitrd: cannot umount '/oldroot': Device or resource busy, ignoring");
  expect(lines).toContain("exitrd: '/oldroot' is still mounted, read-only");
});

test.each(["syncfs /oldroot", "/dev/dm-1"])(
  "data that is lost makes the shutdown fail: %s",
  (lost) => {
    mend = BREAKS.plan();
    const machine = lvmOnLuks();
    if (lost.startsWith("/dev/")) machine.lostPages.add(lost);
    else failOn(machine, lost, () => sysError("syncfs", "EIO"));
    const { left, lines, account } = release(machine);
    expect(left).toEqual([]);
    expect(lines.filter((line) => line.includes("not all of its data"))).toHaveLength(1);
    expect(account.steps).toMatchObject([
      { name: lost.replace(/^syncfs |^.dev./, ""), isLost: true },
    ]);
  },
);

test("a step that hangs costs half of the time, and is not retried", () => {
  mend = BREAKS.plan();
  const machine = lvmOnLuks();
  machine.mounts.push(mount(20, 1, "8:1", "/mnt", "ext4", "/dev/sda1"));
  failOn(machine, "umount /mnt", () => new Hang());
  const { left, tasks } = release(machine);
  expect(left).toEqual(["/mnt"]);
  expect(machine.calls.filter((call) => call === "umount /mnt")).toHaveLength(2);
  expect(tasks.clock.now()).toBeLessThan(82_500);
});

test("if sysfs does not answer, mounts are still released", () => {
  mend = BREAKS.plan();
  const machine = lvmOnLuks();
  const readText = machine.readText.bind(machine);
  machine.readText = (path) => {
    if (path === "/sys/class/block/dm-0/size") throw new Hang();
    return readText(path);
  };
  release(machine);
  expect(listSpine(machine)).toEqual(["umount /oldroot"]);
});

test("if nothing can be observed, it ends in time and reports that", () => {
  const machine = lvmOnLuks();
  machine.readText = () => {
    throw new Hang();
  };
  const { left, tasks } = release(machine);
  expect(left).toEqual(["unknown"]);
  expect(tasks.clock.now()).toBeLessThanOrEqual(82_500);
});

const plain = new Set(["umount", "swapoff", "dm-remove", "loop-detach", "md-stop"]);

describe.each(listKindStacks())("$name", ({ machine: make, name }) => {
  test("without a plan: it ends in time, and reports what is left", () => {
    mend = BREAKS.plan();
    const machine = make();
    const { left, tasks } = release(machine);
    expect(tasks.clock.now()).toBeLessThan(82_500);
    const rest = machine.devices.filter(({ kind }) => ["dm", "loop", "md"].includes(kind));
    const { length } = machine.mounts.filter(({ target }) => target.startsWith("/oldroot"));
    expect(left.length > 0).toBe(rest.length + length > 0);
    if (plain.has(name.split(":")[0] ?? "")) expect(left).toEqual([]);
  });
});

function see(mounts: readonly FakeMount[], devices: readonly FakeDevice[] = []) {
  const machine = new FakeMachine({ mounts, devices });
  const sight = lookPlainly(10_000, makePorts(machine).ports);
  if (sight === undefined) throw new Error("nothing seen");
  return sight;
}

function nameSteps(sight: ReturnType<typeof see>): readonly string[] {
  return listSteps(sight).map((step) =>
    step.kind === "umount" ? `umount ${step.target}` : step.kind,
  );
}

describe("the steps that are tried without a graph", () => {
  test("include mounts without mounts below them", () => {
    const root = mount(10, 1, "8:1", "/oldroot", "ext4", "/dev/sda1");
    const home = mount(11, 10, "8:2", "/oldroot/home", "ext4", "/dev/sda2");
    expect(nameSteps(see([...API, root, home]))).toEqual(["umount /oldroot/home"]);
  });

  test("exclude everything that PID 1 runs from", () => {
    expect(nameSteps(see(API))).toEqual([]);
  });

  test("exclude detaching: a path may lead to another mount", () => {
    const memory = mount(10, 1, "0:40", "/a/b", "tmpfs", "tmpfs");
    const cover = mount(11, 1, "8:1", "/a", "ext4", "/dev/sda1");
    const other = mount(12, 11, "8:2", "/a/b", "ext4", "/dev/sda2");
    for (const step of listSteps(see([...API, memory, cover, other]))) {
      expect(step).toMatchObject({ kind: "umount", target: "/a/b", lazy: false });
    }
  });

  test("exclude devices that a mount, a swap or another device uses", () => {
    const loop = { name: "loop0", dev: "7:0", slaves: [], kind: "loop", label: "/img" } as const;
    const onLoop = {
      name: "dm-0",
      dev: "253:0",
      slaves: ["loop0"],
      kind: "dm",
      label: "a",
    } as const;
    const mounted = mount(10, 1, "253:0", "/a", "ext4", "/dev/dm-0");
    expect(nameSteps(see(API, [disk, loop]))).toEqual(["loop-detach"]);
    expect(nameSteps(see(API, [disk, loop, onLoop]))).toEqual(["dm-remove"]);
    expect(nameSteps(see([...API, mounted], [disk, loop, onLoop]))).toEqual(["umount /a"]);
    const swapped = { ...see(API, [disk, loop, onLoop]), swaps: ["/dev/dm-0"] };
    expect(nameSteps(swapped)).toEqual(["swapoff"]);
  });
});

test("the file system that was mounted last is saved first, and each only once", () => {
  const { mounts } = see([
    ...API,
    mount(10, 1, "8:1", "/oldroot", "ext4", "/dev/sda1"),
    mount(11, 10, "7:0", "/oldroot/a", "xfs", "/dev/loop0"),
    mount(12, 10, "8:1", "/oldroot/b", "ext4", "/dev/sda1"),
    mount(13, 10, "0:50", "/oldroot/tmp", "tmpfs", "tmpfs"),
  ]);
  expect(listFileSystems(mounts)).toEqual(["/oldroot/a", "/oldroot/b"]);
});
