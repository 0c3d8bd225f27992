import { expect, test } from "vitest";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Hang } from "../fake/fake-tasks.ts";
import { runTakeDown } from "../fake/run-take-down.ts";
import { API, mount } from "../fake/stacks.ts";

function makeMachine(): FakeMachine {
  const names = ["sda", "sdb", "sdc"];
  return new FakeMachine({
    mounts: [
      ...API,
      ...names.map((name, index) =>
        mount(20 + index, 1, `8:${index}`, `/oldroot/${name}`, "ext4", `/dev/${name}`),
      ),
    ],
    devices: names.map((name, index) => ({
      ...{ name, dev: `8:${index}`, slaves: [], kind: "disk" as const },
    })),
  });
}

test("a disk that does not answer does not hide that another one is still in use", () => {
  const machine = makeMachine();
  machine.isClaimed = (name) => {
    if (name === "sda") throw new Hang();
    return name === "sdb";
  };
  const { left, lines, tasks } = runTakeDown(machine);
  expect(left).toEqual(["sdb"]);
  expect(lines.some((line) => line.startsWith("exitrd: 'sdb' is still in use by"))).toBe(true);
  expect(tasks.clock.now()).toBeLessThan(5_000);
});

test("a disk is still in use although a process blocks the search for its holders", () => {
  const machine = makeMachine();
  machine.isClaimed = (name) => name === "sdc";
  const readLink = machine.readLink.bind(machine);
  machine.readLink = (path) => {
    if (path === "/proc/self/ns/mnt" && machine.mounts.length <= API.length) throw new Hang();
    return readLink(path);
  };
  expect(runTakeDown(machine).left).toEqual(["sdc"]);
});
