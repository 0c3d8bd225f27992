import { describe, expect, test } from "vitest";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Hang } from "../fake/fake-tasks.ts";
import { runTakeDown } from "../fake/run-take-down.ts";
import { lvmOnLuks, mount } from "../fake/stacks.ts";

/** Makes whatever opens one of these mounts hang, for ever. */
function hangOn(machine: FakeMachine, isDead: (target: string) => boolean): void {
  machine.beforeCall = (call) => {
    const [name, target = ""] = call.split(" ");
    if (name === "syncfs" && isDead(target)) throw new Hang();
  };
}

describe("a mount that hangs", () => {
  test("is taken off the tree, so that the root below it is released", () => {
    const machine = lvmOnLuks();
    machine.devices.push({ name: "sdz", dev: "65:144", slaves: [], kind: "disk" });
    machine.mounts.push(mount(50, 10, "65:144", "/oldroot/data", "ext4", "/dev/sdz"));
    hangOn(machine, (target) => target === "/oldroot/data");
    const { left } = runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).not.toContain("/oldroot");
    expect(machine.devices.map(({ name }) => name)).not.toContain("dm-1");
    expect(left).not.toContain("/oldroot");
  });

  test("takes along what is mounted below it, whose path leads through it", () => {
    const machine = lvmOnLuks();
    machine.mounts.push(
      mount(50, 10, "0:90", "/oldroot/nfs", "nfs4", "nas:/"),
      mount(51, 50, "0:91", "/oldroot/nfs/inner", "tmpfs", "tmpfs"),
    );
    hangOn(machine, (target) => target.startsWith("/oldroot/nfs"));
    runTakeDown(machine);
    expect(machine.mounts.map(({ target }) => target)).not.toContain("/oldroot");
    expect(machine.calls).toContain("umount-force /oldroot/nfs");
  });
});

test("hung children do not take the places of the healthy", () => {
  const machine = lvmOnLuks();
  const others = Array.from({ length: 40 }, (_, index) => index);
  for (const index of others) {
    const dev = `65:${index}`;
    machine.devices.push({ name: `sdx${index}`, dev, slaves: [], kind: "disk" });
    machine.mounts.push(
      mount(100 + index, 10, dev, `/oldroot/a${index}`, "ext4", `/dev/sdx${index}`),
    );
  }
  machine.devices.push({ name: "sdw", dev: "66:1", slaves: [], kind: "disk" });
  machine.mounts.push(mount(200, 10, "66:1", "/oldroot/zwell", "ext4", "/dev/sdw"));
  hangOn(machine, (target) => target.startsWith("/oldroot/a"));
  const { outcomes } = runTakeDown(machine);
  const well = outcomes.find(
    ({ step }) => step.kind === "umount" && step.target === "/oldroot/zwell",
  );
  expect(well).toMatchObject({ kind: "released" });
  expect(well?.startMs).toBeLessThan(10_000);
});

test("the first dead mount of a server shows that the others are dead, too", () => {
  const machine = lvmOnLuks();
  for (let index = 0; index < 60; index += 1) {
    const id = 100 + index;
    machine.mounts.push(mount(id, 10, `0:${id}`, `/oldroot/n${index}`, "nfs4", "nas:/export"));
  }
  hangOn(machine, (target) => target.startsWith("/oldroot/n"));
  const { outcomes } = runTakeDown(machine);
  expect(machine.mounts.map(({ target }) => target)).not.toContain("/oldroot");
  const hung = outcomes.filter(({ kind }) => kind === "failed");
  expect(Math.max(...hung.map(({ startMs, tookMs }) => startMs + tookMs))).toBeLessThan(25_000);
});

test("images in images are detached at any depth", () => {
  const machine = new FakeMachine({
    mounts: [
      mount(1, 0, "0:2", "/", "tmpfs", "tmpfs"),
      mount(10, 1, "7:2", "/oldroot", "ext4", "/dev/loop2"),
      mount(11, 10, "8:1", "/oldroot/run/a", "ext4", "/dev/sda1"),
      mount(12, 10, "7:0", "/oldroot/run/b", "ext4", "/dev/loop0"),
      mount(13, 10, "7:1", "/oldroot/run/c", "ext4", "/dev/loop1"),
    ],
    devices: [
      { name: "sda1", dev: "8:1", slaves: [], kind: "disk" },
      {
        name: "loop0",
        dev: "7:0",
        slaves: [],
        kind: "loop",
        label: "/oldroot/run/a/b.img",
        backingDev: "8:1",
      },
      {
        name: "loop1",
        dev: "7:1",
        slaves: [],
        kind: "loop",
        label: "/oldroot/run/b/c.img",
        backingDev: "7:0",
      },
      {
        name: "loop2",
        dev: "7:2",
        slaves: [],
        kind: "loop",
        label: "/oldroot/run/c/root.img",
        backingDev: "7:1",
      },
    ],
  });
  const { left } = runTakeDown(machine);
  expect(left).toEqual([]);
});
