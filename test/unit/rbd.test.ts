import { expect, test } from "vitest";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import { parseSnapshot, stringifySnapshot } from "../../src/teardown/snapshot/snapshot-text.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Hang } from "../fake/fake-tasks.ts";
import { observeFake } from "../fake/observe-fake.ts";
import { failOn, runTakeDown } from "../fake/run-take-down.ts";
import { API, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";
import { makeDevice, makeMount, makeSnapshot, planFor } from "./core-builders.ts";

function makeMachine(): FakeMachine {
  return new FakeMachine({
    mounts: [...API, mount(10, 1, "252:0", "/oldroot", "ext4", "/dev/rbd0")],
    devices: [{ name: "rbd0", dev: "252:0", slaves: [], kind: "rbd", label: "vm-1" }],
  });
}

const partitioned: Snapshot = makeSnapshot(
  [
    makeMount(1, 0, "0:30", "/", "tmpfs"),
    makeMount(10, 1, "252:17", "/oldroot", "ext4", { source: "/dev/rbd1p1" }),
  ],
  [
    makeDevice("rbd1", "252:16", [], { rbd: { id: 1, pool: "rbd", image: "vm-1" } }),
    makeDevice("rbd1p1", "252:17", [], { partitionOf: "rbd1" }),
  ],
);

test("an image is seen with its pool and its name", () => {
  const machine = makeMachine();
  const rbd = { id: 0, pool: "rbd", image: "vm-1" };
  expect(observeFake(machine, machine).devices).toMatchObject([{ name: "rbd0", rbd }]);
});

test("a device named rbd0 that is not on the driver's bus is not an image", () => {
  const machine = makeMachine();
  machine.devices = machine.devices.map((device) => ({ ...device, kind: "disk" }));
  expect(observeFake(machine, machine).devices).not.toHaveProperty("0.rbd");
});

test("an image is unmapped after the mount on its partition, which vanishes with it", () => {
  const { plan, steps } = planFor(partitioned, "exitrd");
  expect(steps).toEqual(["umount '/oldroot'", "rbd unmap 'rbd1'"]);
  expect(plan.steps.at(-1)?.also).toEqual(["block:252:17"]);
});

test("an image survives in a snapshot", () => {
  expect(parseSnapshot(stringifySnapshot(partitioned))).toEqual(partitioned);
});

test("a driver without single_major is used through its other file", () => {
  const machine = makeMachine();
  machine.rbdFiles = ["devices", "remove"];
  expect(runTakeDown(machine).left).toEqual([]);
  expect(machine.steps.slice(0, 2)).toEqual(["umount /oldroot", "rbd-unmap 0"]);
});

test("an image that another process is unmapping is waited for", () => {
  const machine = makeMachine();
  failOn(machine, "rbd-unmap 0", () => {
    machine.devices = [];
    return sysError("write", "EINPROGRESS");
  });
  expect(runTakeDown(machine).outcomes.map(({ kind }) => kind)).toEqual(["released", "released"]);
});

test("an image that another process fails to unmap stays", () => {
  const machine = makeMachine();
  failOn(machine, "rbd-unmap 0", () => sysError("write", "EINPROGRESS"));
  const { left, outcomes } = runTakeDown(machine);
  expect(left).toEqual(["rbd0"]);
  expect(outcomes.at(-1)).toMatchObject({ kind: "failed", failure: { kind: "still-there" } });
});

test.each([
  ["busy", () => sysError("write", "EBUSY")],
  ["of a cluster that does not answer", () => new Hang()],
])("an image %s stays, and is never unmapped by force", (_name, makeError) => {
  const machine = makeMachine();
  failOn(machine, "rbd-unmap 0", makeError);
  const { left, tasks } = runTakeDown(machine);
  expect(left).toEqual(["rbd0"]);
  const unmaps = machine.steps.filter((call) => call.startsWith("rbd-unmap"));
  expect(new Set(unmaps)).toEqual(new Set(["rbd-unmap 0"]));
  expect(tasks.clock.now()).toBeLessThan(35_000);
});
