import { expect, test } from "vitest";
import { parseSnapshot, stringifySnapshot } from "../../src/teardown/snapshot/snapshot-text.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Hang } from "../fake/fake-tasks.ts";
import { observeFake } from "../fake/observe-fake.ts";
import { failOn, runTakeDown } from "../fake/run-take-down.ts";
import { API, disk, mount } from "../fake/stacks.ts";

const root = mount(10, 1, "259:0", "/oldroot", "ext4", "/dev/nvme0n1");
const served = mount(11, 10, "0:60", "/oldroot/fuse", "fuse.squashfuse", "image");
const server = { pid: 812, command: "squashfuse", dev: "259:0" };

function machineOf(
  servers: FakeMachine["servers"] = [server],
  mounts: FakeMachine["mounts"] = [root, served],
): FakeMachine {
  return new FakeMachine({ mounts: [...API, ...mounts], devices: [disk], servers });
}

function callsOf(machine: FakeMachine): readonly string[] {
  return machine.steps.filter((call) => call !== "sync");
}

test("a FUSE server is stopped after its mount and before the mount that it runs from", () => {
  const machine = machineOf();
  const { left, outcomes } = runTakeDown(machine);
  expect(left).toEqual([]);
  expect(outcomes.every(({ kind }) => kind === "released")).toBe(true);
  expect(callsOf(machine)).toEqual(["umount /oldroot/fuse", "kill 812 SIGTERM", "umount /oldroot"]);
});

test("one that exits is not killed", () => {
  const machine = machineOf();
  machine.beforeCall = (call) => {
    if (call === "umount /oldroot/fuse") machine.servers = [];
  };
  runTakeDown(machine);
  expect(callsOf(machine)).toEqual(["umount /oldroot/fuse", "umount /oldroot"]);
});

test("one that ignores SIGTERM is killed", () => {
  const machine = machineOf();
  machine.ignored.add("kill 812 SIGTERM");
  runTakeDown(machine);
  expect(callsOf(machine).slice(1, 4)).toEqual([
    "kill 812 SIGTERM",
    "kill 812 SIGKILL",
    "umount /oldroot",
  ]);
});

test("one that cannot be killed is reported, and the mount that it runs from is left", () => {
  const machine = machineOf();
  for (const call of ["812 SIGTERM", "812 SIGKILL", "-1 SIGKILL"])
    machine.ignored.add(`kill ${call}`);
  const { left, lines } = runTakeDown(machine);
  expect(left).toEqual(["/oldroot"]);
  expect(lines.some((line) => line.startsWith("exitrd: cannot stop 'squashfuse': "))).toBe(true);
});

test("it is not stopped while its mount hangs, and then both are released", () => {
  const machine = machineOf();
  failOn(machine, "umount /oldroot/fuse", () => new Hang());
  const { left } = runTakeDown(machine);
  expect(left).toEqual([]);
  expect(callsOf(machine).slice(0, 3)).toEqual([
    "umount /oldroot/fuse",
    "kill 812 SIGTERM",
    "umount-force /oldroot/fuse",
  ]);
});

test("a server on another server's file system is stopped before that is unmounted", () => {
  const upper = { pid: 900, command: "upper", dev: "0:60" };
  const machine = machineOf(
    [server, upper],
    [root, served, mount(12, 10, "0:61", "/oldroot/upper", "fuse.upper", "upper")],
  );
  expect(runTakeDown(machine).left).toEqual([]);
  expect(callsOf(machine)).toEqual([
    "umount /oldroot/upper",
    "kill 900 SIGTERM",
    "umount /oldroot/fuse",
    "kill 812 SIGTERM",
    "umount /oldroot",
  ]);
});

test("one that runs from its own file system is stopped when no other step is left", () => {
  const machine = machineOf([{ ...server, dev: "0:60" }]);
  expect(runTakeDown(machine).left).toEqual([]);
  expect(callsOf(machine)).toEqual([
    "umount /oldroot/fuse",
    "kill 812 SIGTERM",
    "umount /oldroot/fuse",
    "umount /oldroot",
  ]);
});

test("servers survive in a snapshot, and are looked for only if there is a FUSE mount", () => {
  const machine = machineOf();
  const snapshot = observeFake(machine, machine);
  expect(snapshot.fuseServers).toEqual([
    {
      ...{ pid: 812, command: "squashfuse", startTime: "" },
      ...{ fileSystems: ["0:5", "259:0"], devices: [] },
    },
  ]);
  expect(parseSnapshot(stringifySnapshot(snapshot))).toEqual(snapshot);
  const without = machineOf([server], [root]);
  expect(observeFake(without, without).fuseServers).toBeUndefined();
});

test.each([
  [true, ["253:0"]],
  [false, []],
])("a file that it has open, with isBlock %s, makes it depend on: %j", (isBlock, devices) => {
  const machine = machineOf();
  const { readDir, stat } = machine;
  machine.readDir = (path) => (path === "/proc/812/fd" ? ["3", "4"] : readDir.call(machine, path));
  machine.stat = (path) =>
    path === "/proc/812/fd/4"
      ? { dev: "0:5", rdev: "253:0", mountId: 1, uid: 0, isBlock, isProgram: false }
      : stat.call(machine, path);
  expect(observeFake(machine, machine).fuseServers).toMatchObject([{ pid: 812, devices }]);
});
