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

/** Makes queries of the status of these device-mapper devices end like this. */
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

test("a device that does not answer costs only its own entry, and a second", () => {
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

test("one that did not answer before costs a quarter of that, and is asked again", () => {
  const machine = machineOf(makeDms(4));
  spoilDms(machine, ["dm-1"]);
  const silent = new Set(["dm-1", "dm-2"]);
  const tasks = new FakeTasks();
  const { devices } = observeFake(machine, machine, tasks, silent);
  expect(devices.filter(({ mute }) => mute).map(({ name }) => name)).toEqual(["dm-1"]);
  expect(devices.every(({ name, dm }) => !name.startsWith("dm-") || dm !== undefined)).toBe(true);
  expect(tasks.clock.now()).toBeLessThan(500);
});

/** Two pools on disks that ZFS has claimed; reading the label of one of them hangs. */
function makePools(pools: readonly string[]) {
  const disks = ["sda", "sdb", "sdc"].map(
    (name, index): FakeDevice => ({ name, dev: `8:${index}`, slaves: [], kind: "disk" }),
  );
  const names = disks.map(({ name }) => name);
  const machine = machineOf(disks, {
    pools: pools.map((name, index) => ({ name, devices: index === 0 ? ["sda", "sdb"] : ["sdc"] })),
  });
  machine.isClaimed = (name) => names.includes(name);
  const readPoolLabel = machine.readPoolLabel.bind(machine);
  machine.readPoolLabel = (name) => {
    if (name === "sdb") throw new Hang();
    return readPoolLabel(name);
  };
  return machine;
}

test.each([
  ["the first time", new Set<string>(), 1_200],
  ["if it gave none before", new Set(["sdb"]), 500],
])(
  "a disk without an answer in time may belong to each of several pools; %s",
  (_, silent, limitMs) => {
    const machine = makePools(["tank", "zoo"]);
    const tasks = new FakeTasks();
    const { zfs, devices } = observeFake(machine, machine, tasks, silent);
    expect(zfs?.pools.map((pool) => pool.devices)).toEqual([
      ["sda", "sdb"],
      ["sdb", "sdc"],
    ]);
    expect(devices.filter(({ mute }) => mute).map(({ name }) => name)).toEqual(["sdb"]);
    expect(tasks.clock.now()).toBeLessThan(limitMs);
  },
);

test("no label is read if there is one pool: each claimed disk may belong to it", () => {
  const machine = makePools(["tank"]);
  const tasks = new FakeTasks();
  const { zfs, devices } = observeFake(machine, machine, tasks);
  expect(zfs?.pools[0]?.devices).toEqual(["sda", "sdb", "sdc"]);
  expect(devices.some(({ mute }) => mute)).toBe(false);
  expect(tasks.clock.now()).toBeLessThan(100);
});

test("on a running machine, no label is read that udev knows: the disk may be in standby", () => {
  const disks = ["sda", "sdb", "sdc", "sdd", "sde"].map(
    (name, index): FakeDevice => ({ name, dev: `8:${index}`, slaves: [], kind: "disk" }),
  );
  const pool = { name: "my tank", devices: ["sda", "sdc", "sdd"] };
  const machine = machineOf(disks, { pools: [pool] });
  const readText = machine.readText.bind(machine);
  const known: Readonly<Record<string, string>> = {
    "/run/udev/data/b8:0": "I:1\nE:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL_ENC=my\\x20tank\n",
    "/run/udev/data/b8:1": "I:2\nE:ID_FS_TYPE=ext4\nE:ID_FS_LABEL_ENC=my\\x20tank\n",
    // Created since udev has looked at it.
    "/run/udev/data/b8:3": "I:3\nE:ID_MODEL=x\n",
    "/run/udev/data/b8:4": "I:4\nE:ID_PART_TABLE_TYPE=gpt\n",
  };
  machine.readText = (path) => known[path] ?? readText(path);
  const read: string[] = [];
  const readPoolLabel = machine.readPoolLabel.bind(machine);
  machine.readPoolLabel = (name) => {
    read.push(name);
    return readPoolLabel(name);
  };
  const { zfs } = observeFake(machine, undefined);
  expect(zfs?.pools[0]?.devices).toEqual(["sda", "sdc", "sdd"]);
  expect(read).toEqual(["nvme0n1", "sdc", "sdd"]);
});

test("forty dead devices cost a few seconds, and no healthy one", () => {
  const machine = machineOf(makeDms(200));
  const dead = Array.from({ length: 40 }, (_, index) => `dm-${index + 80}`);
  spoilDms(machine, dead);
  const tasks = new FakeTasks();
  expect(listMute(machine, tasks).sort()).toEqual(dead.sort());
  expect(tasks.clock.now()).toBeLessThan(5_000);
  expect(tasks.mostAtOnce).toBeLessThanOrEqual(16);
});

test("a thousand dead devices cost no more than the limit", () => {
  const machine = machineOf(makeDms(1000));
  spoilDms(
    machine,
    machine.devices.map(({ name }) => name),
  );
  const tasks = new FakeTasks();
  expect(listMute(machine, tasks)).toHaveLength(1000);
  expect(tasks.clock.now()).toBeLessThan(13_000);
});

test("a device that crashes the child is marked as mute like a silent one", () => {
  const machine = machineOf(makeDms(4));
  spoilDms(machine, ["dm-2"], () => new Crash());
  expect(listMute(machine)).toEqual(["dm-2"]);
});

test("if no further child can be started, the answers so far are kept", () => {
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

describe("a question that is never answered costs only itself:", () => {
  const hang = (): never => {
    throw new Hang();
  };

  test("the file system of a loop device's file", () => {
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

  test("the state of a bcache, which needs a lock", () => {
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

  test("the file system of a swap file", () => {
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

  test("the list of uprobe events, which then counts as not empty", () => {
    const tracing = mount(21, 1, "0:12", "/tracing", "tracefs", "tracefs");
    const machine = machineOf([], { mounts: [...API, tracing] });
    const readText = machine.readText.bind(machine);
    let read = (): string => "";
    machine.readText = (path) => (path === "/tracing/uprobe_events" ? read() : readText(path));
    const observe = () => observeFake(machine, machine).uprobes;
    expect(observe()).toBeUndefined();
    read = () => "p:zoo/probe /usr/bin/sleep:0x1000\n";
    expect(observe()).toEqual(["zoo/probe"]);
    read = hang;
    expect(observe()).toEqual([]);
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

test("on a running machine no device is opened exclusively, not even for a moment", () => {
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
