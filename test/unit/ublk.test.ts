import { expect, test } from "vitest";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import { parseSnapshot, stringifySnapshot } from "../../src/teardown/snapshot/snapshot-text.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { observeFake } from "../fake/observe-fake.ts";
import { API, mount } from "../fake/stacks.ts";
import { makeDevice, makeMount, makeSnapshot, planFor } from "./core-builders.ts";

const device = { name: "ublkb3", dev: "259:9", slaves: [], kind: "ublk" } as const;

/** Its server has files open on the devices with these numbers. */
function makeStack(...fileSystems: readonly string[]): Snapshot {
  const server = { pid: 812, command: "ublk", fileSystems, devices: [] };
  return makeSnapshot(
    [
      makeMount(1, 0, "0:30", "/", "tmpfs"),
      makeMount(10, 1, "259:9", "/oldroot", "ext4"),
      makeMount(11, 10, "259:9", "/oldroot/bind", "ext4"),
      makeMount(12, 1, "8:0", "/images", "ext4"),
    ],
    [makeDevice("sda", "8:0"), makeDevice("ublkb3", "259:9", [], { ublk: { id: 3, server } })],
  );
}

test("a ublk device is seen with the daemon that has its control device open", () => {
  const machine = new FakeMachine({
    mounts: [...API, mount(10, 1, "8:0", "/oldroot", "ext4", "/dev/sda")],
    devices: [device],
    servers: [
      { pid: 811, command: "other", dev: "8:0", ublk: 30 },
      { pid: 812, command: "ublk", dev: "8:0", ublk: 3 },
    ],
  });
  const server = { pid: 812, command: "ublk", fileSystems: ["0:5", "8:0"], devices: [] };
  expect(observeFake(machine, machine).devices).toMatchObject([{ ublk: { id: 3, server } }]);
});

test("a ublk device whose server is not a storage daemon is left like a disk", () => {
  const snapshot = makeStack();
  const devices = snapshot.devices.map((one) => (one.ublk ? { ...one, ublk: { id: 3 } } : one));
  const { graph, steps } = planFor({ ...snapshot, devices }, "exitrd");
  expect(steps).not.toContain("process end 'ublk'");
  expect(graph.nodes.get("block:259:9")?.kind).toBe("disk");
});

test("a ublk device is released with its server, before the mounts that the server uses", () => {
  const { plan, steps } = planFor(makeStack("8:0"), "exitrd");
  expect(steps).toEqual([
    "umount '/oldroot/bind'",
    "umount '/oldroot'",
    "process end 'ublk'",
    "umount '/images'",
  ]);
  expect(plan.steps[2]?.also).toEqual(["block:259:9"]);
});

test("a server that runs from its own device is stopped after everything on that device", () => {
  const { steps } = planFor(makeStack("259:9"), "exitrd");
  expect(steps.filter((step) => !step.includes("images"))).toEqual([
    "umount '/oldroot/bind'",
    "umount '/oldroot'",
    "process end 'ublk'",
  ]);
});

test("a ublk device survives in a snapshot with its server", () => {
  const snapshot = makeStack("8:0");
  expect(parseSnapshot(stringifySnapshot(snapshot))).toEqual(snapshot);
});
