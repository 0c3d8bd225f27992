import { describe, expect, test } from "vitest";
import { parseSnapshot, stringifySnapshot } from "../../src/teardown/snapshot/snapshot-text.ts";
import { type FakeDevice, FakeMachine } from "../fake/fake-machine.ts";
import { Crash, FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { observeFake } from "../fake/observe-fake.ts";
import { API, disk, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

function makeDms(count: number): readonly FakeDevice[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `dm-${index}`,
    dev: `253:${index}`,
    slaves: ["nvme0n1"],
    kind: "dm",
    label: `vg-data${index}`,
  }));
}

function machineOf(devices: readonly FakeDevice[], parts = {}): FakeMachine {
  return new FakeMachine({ mounts: API, devices: [disk, ...devices], ...parts });
}

/** Lets the status of these device-mapper devices end so. */
function spoilDms(machine: FakeMachine, names: readonly string[], makeError = () => new Hang()) {
  const readDm = machine.readDm.bind(machine);
  machine.readDm = (dev) => {
    const name = machine.devices.find((one) => one.dev === dev)?.name ?? "";
    if (names.includes(name)) throw makeError();
    return readDm(dev);
  };
}

function listMute(machine: FakeMachine, tasks = new FakeTasks()) {
  const { devices, swaps } = observeFake(machine, machine, tasks);
  return [
    ...devices.filter(({ mute }) => mute).map(({ name }) => name),
    ...swaps.filter(({ mute }) => mute).map(({ path }) => path),
  ];
}

test("a thousand devices that answer cost one child", () => {
  const tasks = new FakeTasks();
  const machine = machineOf(makeDms(1000));
  expect(listMute(machine, tasks)).toEqual([]);
  expect(tasks.started).toBe(1);
});

test("a device that does not answer costs its own line, and a second", () => {
  const machine = machineOf(makeDms(4));
  const whole = observeFake(machine, machine);
  spoilDms(machine, ["dm-1"]);
  const tasks = new FakeTasks();
  const snapshot = observeFake(machine, machine, tasks);
  expect(snapshot.devices.filter(({ name }) => name !== "dm-1")).toEqual(
    whole.devices.filter(({ name }) => name !== "dm-1"),
  );
  expect(snapshot.devices.find(({ name }) => name === "dm-1")).toEqual({
    ...{ name: "dm-1", dev: "253:1", sectors: 2048, readOnly: false, slaves: ["nvme0n1"] },
    dm: expect.objectContaining({ name: "vg-data1", suspended: false, targets: [] }),
    mute: true,
  });
  expect(tasks.clock.now()).toBeLessThan(1_200);
  expect(parseSnapshot(stringifySnapshot(snapshot))).toEqual(snapshot);
});

test("forty dead devices cost a few seconds, and no living one", () => {
  const machine = machineOf(makeDms(200));
  const dead = Array.from({ length: 40 }, (_, index) => `dm-${index + 80}`);
  spoilDms(machine, dead);
  const tasks = new FakeTasks();
  expect(listMute(machine, tasks).sort()).toEqual(dead.sort());
  expect(tasks.clock.now()).toBeLessThan(5_000);
  expect(tasks.mostAtOnce).toBeLessThanOrEqual(16);
});

test("a thousand dead devices cost no more than the time that there is for it", () => {
  const machine = machineOf(makeDms(1000));
  spoilDms(
    machine,
    machine.devices.map(({ name }) => name),
  );
  const tasks = new FakeTasks();
  expect(listMute(machine, tasks)).toHaveLength(1000);
  expect(tasks.clock.now()).toBeLessThan(13_000);
});

test("a device that kills who asks for it is as mute as one that is silent", () => {
  const machine = machineOf(makeDms(4));
  spoilDms(machine, ["dm-2"], () => new Crash());
  expect(listMute(machine)).toEqual(["dm-2"]);
});

test("where no further child can be started, what was answered is kept", () => {
  const machine = machineOf(makeDms(4));
  spoilDms(machine, ["dm-1"]);
  const tasks = new FakeTasks();
  const start = tasks.start.bind(tasks);
  tasks.start = (action) => {
    if (tasks.started > 0) throw sysError("fork", "EAGAIN");
    return start(action);
  };
  expect(listMute(machine, tasks)).toEqual(["dm-1", "dm-2", "dm-3"]);
  const { devices } = observeFake(machine, machine);
  expect(devices.find(({ name }) => name === "dm-0")?.dm?.targets).toHaveLength(1);
});

test("without the text of /proc there is nothing to observe", () => {
  const machine = machineOf([]);
  machine.readText = () => {
    throw new Hang();
  };
  const tasks = new FakeTasks();
  expect(() => observeFake(machine, machine, tasks)).toThrow("nothing could be observed");
  expect(tasks.clock.now()).toBeLessThan(31_000);
});

describe("what may never answer is asked apart:", () => {
  const hang = (): never => {
    throw new Hang();
  };

  test("where a loop device's file lies", () => {
    const machine = machineOf([
      { name: "loop0", dev: "7:0", slaves: [], kind: "loop", label: "/fuse/image" },
    ]);
    machine.readLoopBackingDev = hang;
    const { devices } = observeFake(machine, machine);
    expect(devices.find(({ name }) => name === "loop0")).toMatchObject({
      loop: { backingFile: "/fuse/image", autoclear: false },
      mute: true,
    });
  });

  test("a cache's state, which takes a lock", () => {
    const machine = machineOf([
      { name: "bcache0", dev: "252:0", slaves: ["nvme0n1"], kind: "bcache" },
    ]);
    const readText = machine.readText.bind(machine);
    machine.readText = (path) => (path.endsWith("/bcache/state") ? hang() : readText(path));
    expect(observeFake(machine, machine).devices[0]).toMatchObject({
      bcache: { state: "", backing: "nvme0n1" },
      mute: true,
    });
  });

  test("what a swap file lies on", () => {
    const machine = machineOf([], { swaps: ["/dead/swap"] });
    const stat = machine.stat.bind(machine);
    machine.stat = (path) => (path === "/dead/swap" ? hang() : stat(path));
    expect(listMute(machine)).toEqual(["/dead/swap"]);
  });

  test("a DRBD's resource, and the dataset of a zvol", () => {
    const machine = machineOf([
      { name: "drbd0", dev: "147:0", slaves: [], kind: "drbd", label: "r0" },
      { name: "zd0", dev: "230:0", slaves: [], kind: "zvol", label: "tank/a" },
    ]);
    machine.readDrbdResource = hang;
    machine.readZvolName = hang;
    expect(listMute(machine)).toEqual(["drbd0", "zd0"]);
  });

  test("a disk's label, which costs the other disks of the pool nothing", () => {
    const disks = ["sda", "sdb", "sdc"].map(
      (name, index): FakeDevice => ({ name, dev: `8:${index}`, slaves: [], kind: "disk" }),
    );
    const machine = machineOf(disks, { pools: [{ name: "tank", devices: ["sda", "sdb", "sdc"] }] });
    const readPoolLabel = machine.readPoolLabel.bind(machine);
    machine.readPoolLabel = (name) => (name === "sdb" ? hang() : readPoolLabel(name));
    // A claim is found out by the label in this machine.
    machine.isClaimed = () => true;
    const { zfs, devices } = observeFake(machine, machine);
    expect(zfs?.pools[0]?.devices).toEqual(["sda", "sdc"]);
    expect(devices.filter(({ mute }) => mute).map(({ name }) => name)).toEqual(["sdb"]);
  });

  test("the files of a FUSE server, without which the others are found", () => {
    const machine = machineOf([], {
      mounts: [...API, mount(20, 1, "0:60", "/fuse", "fuse.x", "x")],
      servers: [
        { pid: 812, command: "stuck", dev: "0:60" },
        { pid: 813, command: "well", dev: "0:30" },
      ],
    });
    const readText = machine.readText.bind(machine);
    machine.readText = (path) => (path === "/proc/812/cmdline" ? hang() : readText(path));
    const { fuseServers } = observeFake(machine, machine);
    expect(fuseServers?.map(({ command }) => command)).toEqual(["well"]);
  });
});

test("on a running machine no device is opened for itself alone, not even for a moment", () => {
  const machine = machineOf(
    [{ name: "loop0", dev: "7:0", slaves: [], kind: "loop", label: "/image" }],
    { pools: [{ name: "tank", devices: ["nvme0n1"] }] },
  );
  machine.isClaimed = () => {
    throw new Error("opened with O_EXCL");
  };
  const { devices, zfs } = observeFake(machine, undefined);
  expect(devices.map(({ name }) => name)).toEqual(["loop0", "nvme0n1"]);
  expect(zfs?.pools[0]?.devices).toEqual(["nvme0n1"]);
});
