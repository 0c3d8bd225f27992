import { expect, test } from "vitest";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Hang } from "../fake/fake-tasks.ts";
import { runTakeDown } from "../fake/run-take-down.ts";
import { API, disk, lvmOnLuks, mount } from "../fake/stacks.ts";

const root = mount(10, 1, "259:0", "/oldroot", "ext4", "/dev/nvme0n1");
const daemon = { pid: 812, command: "mute-3g", dev: "0:30" };
const served = mount(11, 10, "0:60", "/oldroot/fuse", "fuse.mute-3g", "image");

test("a thin pool that waits for its suspended metadata is released once that is resumed", () => {
  const machine = new FakeMachine({
    mounts: [mount(10, 1, "253:3", "/oldroot", "ext4", "/dev/mapper/vg-one"), ...API],
    devices: [
      disk,
      {
        ...{ name: "dm-0", dev: "253:0", slaves: ["nvme0n1"], kind: "dm" },
        ...{ label: "vg-pool_tmeta", suspended: true },
      },
      { name: "dm-1", dev: "253:1", slaves: ["dm-0"], kind: "dm", label: "vg-pool-tpool" },
      { name: "dm-3", dev: "253:3", slaves: ["dm-1"], kind: "dm", label: "vg-one" },
    ],
  });
  const readDm = machine.readDm.bind(machine);
  machine.readDm = (dev) => {
    const isWaiting = machine.devices.some((one) => one.name === "dm-0" && one.suspended);
    if (isWaiting && (dev === "253:1" || dev === "253:3")) throw new Hang();
    return readDm(dev);
  };
  const { left, lines, outcomes, tasks } = runTakeDown(machine);
  expect(left).toEqual([]);
  expect(machine.steps).toEqual([
    "dm-resume 253:0",
    "umount /oldroot",
    "dm-remove 253:3",
    "dm-remove 253:1",
    "dm-remove 253:0",
  ]);
  expect(lines).toContain("exitrd: cannot observe 'vg-pool-tpool': no answer, ignoring");
  // It answered by the time it was removed.
  expect(outcomes).toHaveLength(5);
  expect(tasks.clock.now()).toBeLessThan(5_000);
});

test("a device that cannot be unblocked does not prevent other steps", () => {
  const machine = lvmOnLuks();
  machine.devices = machine.devices.map((one) =>
    one.name === "dm-1" ? { ...one, suspended: true } : one,
  );
  const readDm = machine.readDm.bind(machine);
  machine.readDm = (dev) => {
    if (dev === "253:1") throw new Hang();
    return readDm(dev);
  };
  machine.beforeCall = (call) => {
    if (call === "dm-resume 253:1") throw new Hang();
  };
  machine.mounts.unshift(mount(20, 1, "8:0", "/healthy", "ext4", "/dev/sda"));
  machine.devices.push({ name: "sda", dev: "8:0", slaves: [], kind: "disk" });
  const { left } = runTakeDown(machine);
  expect(machine.calls).toContain("umount /healthy");
  expect(left).not.toContain("/healthy");
  expect(left).toContain("vg-root");
});

test("a dead device costs seconds, and only its holders are not released", () => {
  const machine = lvmOnLuks();
  machine.devices.push({ name: "dm-9", dev: "253:9", slaves: [], kind: "dm", label: "dead" });
  const readDm = machine.readDm.bind(machine);
  machine.readDm = (dev) => {
    if (dev === "253:9") throw new Hang();
    return readDm(dev);
  };
  machine.beforeCall = (call) => {
    if (call === "dm-remove 253:9") throw new Hang();
  };
  const { left, outcomes } = runTakeDown(machine);
  expect(left).toEqual(["dead"]);
  const slow = outcomes.filter(({ node, startMs }) => node !== "block:253:9" && startMs > 3_000);
  expect(slow).toEqual([]);
});

test("a loop device on a FUSE whose daemon hangs is detached once that is killed", () => {
  const machine = new FakeMachine({
    mounts: [root, served, ...API],
    devices: [
      disk,
      {
        ...{ name: "loop0", dev: "7:0", slaves: [], kind: "loop" },
        ...{ label: "/oldroot/fuse/image", backingDev: "0:60" },
      },
    ],
    servers: [daemon],
  });
  const isHung = (): boolean => machine.servers.length > 0;
  machine.readLoopBackingDev = () => {
    if (isHung()) throw new Hang();
    return "0:60";
  };
  machine.beforeCall = (call) => {
    const asksServer = call.startsWith("loop-detach") || call.startsWith("umount /oldroot/fuse");
    if (asksServer && isHung()) throw new Hang();
  };
  expect(runTakeDown(machine).left).toEqual([]);
});

test("if nothing can be observed until the daemons are killed, everything is released afterwards", () => {
  const machine = new FakeMachine({
    mounts: [root, ...API],
    devices: [disk],
    servers: [daemon],
  });
  const readText = machine.readText.bind(machine);
  machine.readText = (path) => {
    if (path === "/proc/self/mountinfo" && machine.servers.length > 0) throw new Hang();
    return readText(path);
  };
  const { left, lines } = runTakeDown(machine);
  expect(machine.calls).toContain("umount /oldroot");
  expect(left).toEqual([]);
  expect(lines.at(-1)).toMatch(/nothing left; poweroff$/);
});
