import { describe, expect, test } from "vitest";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Crash, Hang } from "../fake/fake-tasks.ts";
import { failOn, runTakeDown } from "../fake/run-take-down.ts";
import { API, disk, lvmOnLuks, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

test("root on LVM on LUKS is released in order, without a failed call", () => {
  const machine = lvmOnLuks();
  const { left, outcomes } = runTakeDown(machine);
  expect(left).toEqual([]);
  expect(outcomes.every((outcome) => outcome.kind === "released")).toBe(true);
  expect(machine.steps.filter((call) => !call.startsWith("umount /oldroot/"))).toEqual([
    "umount /oldroot",
    "dm-remove 253:1",
    "dm-remove 253:0",
  ]);
});

test("swap that is filled with processes' memory is turned off after they are killed", () => {
  const machine = new FakeMachine({
    mounts: [...API, mount(6, 2, "0:41", "/dev/shm", "tmpfs", "tmpfs")],
    devices: [disk],
    swaps: ["/dev/nvme0n1"],
  });
  machine.usedKib = 900_000;
  machine.memAvailableKib = 100_000;
  machine.beforeCall = (call) => {
    if (call === "umount /dev/shm") machine.usedKib = 0;
  };
  expect(runTakeDown(machine).left).toEqual([]);
  expect(machine.steps).toEqual(["umount /dev/shm", "swapoff /dev/nvme0n1"]);
});

describe("a swap partition that cannot be switched off costs only itself", () => {
  /** LVM on LUKS with a swap whose node is on the devtmpfs that init mounted. */
  const withSwap = () => {
    const machine = lvmOnLuks();
    machine.devices.push({ name: "sdz", dev: "65:144", slaves: [], kind: "disk" });
    machine.swaps.push("/oldroot/dev/sdz");
    return machine;
  };
  const leaveOnlySwap = (machine: FakeMachine) => {
    const { left, outcomes, tasks } = runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).not.toContain("/oldroot");
    expect(machine.devices.map(({ name }) => name)).toEqual(["nvme0n1", "sdz"]);
    expect(left).toEqual(["/dev/sdz"]);
    const tries = outcomes.filter(({ step }) => step.kind === "swapoff");
    return { tries: tries.length, tookMs: tasks.clock.now() };
  };

  test("because it hangs", () => {
    const machine = withSwap();
    failOn(machine, "swapoff /dev/sdz", () => new Hang());
    const { tries, tookMs } = leaveOnlySwap(machine);
    // Its path has changed since, but it is still known.
    expect(tries).toBe(1);
    expect(tookMs).toBeLessThan(62_000);
  });

  test("because its disk is broken", () => {
    const machine = withSwap();
    failOn(machine, "swapoff /dev/sdz", () => sysError("swapoff", "EIO"));
    leaveOnlySwap(machine);
  });

  test("because memory cannot take it", () => {
    const machine = withSwap();
    machine.usedKib = 500_000;
    machine.memAvailableKib = 100_000;
    leaveOnlySwap(machine);
    expect(machine.calls).not.toContain("swapoff /dev/sdz");
  });

  test("and it is tried again when there is room, after its /dev was detached", () => {
    const machine = withSwap();
    machine.usedKib = 500_000;
    machine.memAvailableKib = 100_000;
    machine.beforeCall = (call) => {
      if (call === "umount /oldroot") machine.usedKib = 0;
    };
    expect(runTakeDown(machine).left).toEqual([]);
    expect(machine.steps.indexOf("umount /oldroot/dev")).toBeLessThan(
      machine.steps.indexOf("swapoff /dev/sdz"),
    );
  });
});

test("changes by hooks before the first step are observed, and no step is tried for what they removed", () => {
  const machine = lvmOnLuks();
  const { left } = runTakeDown(machine, 90_000, new Map(), () => {
    expect(machine.steps).toEqual([]);
    machine.mounts = machine.mounts.filter((one) => !one.target.startsWith("/oldroot"));
    return true;
  });
  expect(left).toEqual([]);
  expect(machine.steps).toEqual(["dm-remove 253:1", "dm-remove 253:0"]);
});

test("if observing after the hooks fails, the view from before them is used", () => {
  const machine = lvmOnLuks();
  const readText = machine.readText.bind(machine);
  const { left } = runTakeDown(machine, 90_000, new Map(), () => {
    machine.readText = (path) => {
      if (path !== "/proc/self/mountinfo") return readText(path);
      machine.readText = readText;
      throw new Crash();
    };
    return true;
  });
  expect(left).toEqual([]);
});

test("a daemon that a hook left behind is killed, even if there was none before", () => {
  const machine = lvmOnLuks();
  runTakeDown(machine, 90_000, new Map(), () => {
    machine.servers.push({ pid: 812, command: "late", dev: "0:30" });
    return true;
  });
  expect(machine.servers).toEqual([]);
});

test("the mounts that PID 1 runs from are never touched", () => {
  const machine = lvmOnLuks();
  runTakeDown(machine);
  expect(machine.mounts.map((one) => one.target)).toEqual(["/", "/dev", "/sys", "/proc", "/run"]);
});

test("a busy root is synced, made read-only and reported, and its backing is left alone", () => {
  const machine = lvmOnLuks();
  failOn(machine, "umount /oldroot", () => sysError("umount2", "EBUSY"));
  const { left } = runTakeDown(machine);
  expect(machine.calls).toContain("syncfs /oldroot");
  expect(machine.calls).toContain("remount-ro /oldroot");
  expect(machine.calls).not.toContain("dm-remove 253:1");
  expect(left).toHaveLength(3);
});

test("a root that stays busy and cannot be made read-only is shut down", () => {
  const machine = lvmOnLuks();
  failOn(machine, ["umount /oldroot", "remount-ro /oldroot"], () => sysError("mount", "EBUSY"));
  const { lines } = runTakeDown(machine);
  expect(machine.calls.slice(-3)).toEqual([
    "syncfs /oldroot",
    "remount-ro /oldroot",
    "shut-down /oldroot",
  ]);
  expect(lines).toContain("exitrd: '/oldroot' is still mounted, shut down, synced");
});

test("an unmount that hangs is abandoned at its limit, then detached, and not tried again", () => {
  const machine = lvmOnLuks();
  failOn(machine, "umount /oldroot", () => new Hang());
  const { outcomes, tasks } = runTakeDown(machine);
  const failures = outcomes.flatMap((one) => (one.kind === "failed" ? [one.failure] : []));
  expect(failures).toEqual([
    { kind: "hung", limitMs: expect.closeTo(30_000, -2) },
    { kind: "hung", limitMs: expect.closeTo(10_000, -2) },
  ]);
  expect(machine.calls.filter((call) => call === "umount /oldroot")).toHaveLength(2);
  expect(tasks.clock.now()).toBeLessThan(75_000 + 1_000);
});

test("a child that crashes is a failure, and the others continue", () => {
  const machine = lvmOnLuks();
  failOn(machine, "dm-remove 253:1", () => new Crash());
  const { outcomes, left } = runTakeDown(machine);
  expect(outcomes).toContainEqual(
    expect.objectContaining({ kind: "failed", failure: { kind: "crashed", signal: 11 } }),
  );
  expect(left).toHaveLength(2);
});

test("a call that succeeds without effect is not believed", () => {
  const machine = lvmOnLuks();
  machine.dmRemove = () => {};
  const { outcomes } = runTakeDown(machine);
  expect(outcomes).toContainEqual(
    expect.objectContaining({ kind: "failed", failure: { kind: "still-there" } }),
  );
});

test("an unreadable state is not mistaken for a device that is gone", () => {
  const machine = lvmOnLuks();
  machine.dmRemove = () => {};
  const readText = machine.readText.bind(machine);
  machine.readText = (path) => {
    if (path.startsWith("/sys/dev/block/")) throw sysError("read", "EIO");
    return readText(path);
  };
  const { outcomes } = runTakeDown(machine);
  expect(outcomes).toContainEqual(
    expect.objectContaining({
      kind: "failed",
      failure: { kind: "error", syscall: "read", code: "EIO", words: "Input/output error" },
    }),
  );
});

test("if a hung step has used up the time, what is left is still saved and reported", () => {
  const machine = lvmOnLuks();
  failOn(machine, "umount /oldroot", () => new Hang());
  const { left, tasks } = runTakeDown(machine, 30_000);
  expect(left).toEqual(["/oldroot", "cryptroot", "vg-root"]);
  expect(machine.calls).toContain("syncfs /oldroot");
  expect(machine.calls).toContain("remount-ro /oldroot");
  expect(tasks.clock.now()).toBeLessThan(30_000);
});

test("if the kernel cannot be observed again, the first view is used", () => {
  const machine = lvmOnLuks();
  failOn(machine, "umount /oldroot", () => {
    machine.readText = (path) => {
      if (path === "/proc/meminfo" || path.endsWith("/stat")) return "";
      throw new Hang();
    };
    return new Hang();
  });
  const { left } = runTakeDown(machine);
  expect(left).toContain("/oldroot");
  expect(machine.calls).toContain("remount-ro /oldroot");
});

test("however much is left, there are never more than a few children at once", () => {
  const base = lvmOnLuks();
  for (let i = 0; i < 200; i += 1) {
    base.mounts.push(mount(100 + i, 10, "253:1", `/oldroot/srv/${i}`, "ext4", "/dev/dm-1"));
  }
  base.beforeCall = (made) => {
    if (made.startsWith("umount /oldroot/srv")) throw sysError("umount2", "EBUSY");
  };
  const { tasks, left } = runTakeDown(base);
  expect(left.length).toBeGreaterThan(200);
  expect(tasks.mostAtOnce).toBeLessThanOrEqual(16);
});

test("a network file system whose unmount hung is reported as left, although its mount is gone", () => {
  const machine = lvmOnLuks();
  machine.mounts.unshift(mount(20, 10, "0:40", "/oldroot/srv", "nfs4", "server:/srv"));
  machine.beforeCall = (made) => {
    if (made !== "umount /oldroot/srv") return;
    machine.mounts = machine.mounts.filter((one) => one.target !== "/oldroot/srv");
    throw new Hang();
  };
  const { left, lines } = runTakeDown(machine);
  expect(left).toEqual(["/oldroot/srv"]);
  expect(lines.at(-1)).toMatch(/1 left: '\/oldroot\/srv'; poweroff$/);
});

test("a mount that is left is reported with the layers on it", () => {
  const machine = lvmOnLuks();
  machine.devices.push({
    name: "loop0",
    dev: "7:0",
    slaves: [],
    kind: "loop",
    label: "/oldroot/image",
  });
  machine.ignored.add("loop-detach loop0");
  const { lines } = runTakeDown(machine);
  expect(lines).toContain("exitrd: '/oldroot' is held by 'loop0'");
});

test("a device that the kernel is removing by itself is waited for, and is not a failure", () => {
  const machine = lvmOnLuks();
  const readText = machine.readText.bind(machine);
  let asked = 0;
  machine.dmRemove = (dev) => {
    if (dev !== "253:1") return FakeMachine.prototype.dmRemove.call(machine, dev);
    throw sysError("ioctl", "ENXIO");
  };
  machine.readText = (path) => {
    if (!path.startsWith("/sys/dev/block/253:1/")) return readText(path);
    asked += 1;
    if (asked < 5) throw sysError("read", "EINVAL");
    machine.devices = machine.devices.filter((device) => device.dev !== "253:1");
    throw sysError("open", "ENOENT");
  };
  const { left, outcomes } = runTakeDown(machine);
  expect(left).toEqual([]);
  expect(outcomes.every((outcome) => outcome.kind === "released")).toBe(true);
});

test("the report of what is left is bounded, and each file system is saved once", () => {
  const base = lvmOnLuks();
  for (let i = 0; i < 300; i += 1) {
    base.mounts.push(mount(100 + i, 10, "253:1", `/oldroot/bind/${i}`, "ext4", "/dev/dm-1"));
    base.mounts.push(mount(500 + i, 10, `8:${i}`, `/oldroot/srv/${i}`, "ext4", `/dev/sd${i}`));
  }
  base.beforeCall = (made) => {
    if (made.startsWith("umount /oldroot")) throw sysError("umount2", "EBUSY");
  };
  const { lines } = runTakeDown(base);
  expect(lines.filter((line) => /^exitrd: '.*' is (still mounted|held)/.test(line))).toHaveLength(
    100,
  );
  expect(lines.some((line) => /^exitrd: \d+ more lines omitted$/.test(line))).toBe(true);
  const saved = base.calls.filter((call) => call.startsWith("remount-ro "));
  // Those that even detaching does not remove are saved once more at the end.
  expect(new Set(saved).size).toBe(301);
});
