import { expect, test } from "vitest";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Hang } from "../fake/fake-tasks.ts";
import { observeFake } from "../fake/observe-fake.ts";
import { runTakeDown } from "../fake/run-take-down.ts";
import { API, lvmOnLuks } from "../fake/stacks.ts";

const zram = { name: "zram0", dev: "254:0", slaves: [], kind: "zram" } as const;

function observe(files: Readonly<Record<string, string>>) {
  const machine = new FakeMachine({ mounts: API, devices: [zram] });
  const readText = machine.readText.bind(machine);
  machine.readText = (path) => files[path] ?? readText(path);
  return observeFake(machine, machine).devices.map((device) => device.zram);
}

test.each([
  ["0\n", undefined],
  ["33554432\n", { backingDevice: "none" }],
])("a zram of %j bytes exists only if its size was set", (size, seen) => {
  expect(observe({ "/sys/class/block/zram0/disksize": size })).toEqual([seen]);
});

test("the device that a zram writes idle pages to is its backing", () => {
  const seen = observe({ "/sys/class/block/zram0/backing_dev": "/dev/sda1\n" });
  expect(seen).toEqual([{ backingDevice: "/dev/sda1" }]);
});

test("a zram whose lock is held for ever costs only itself", () => {
  const machine = lvmOnLuks();
  machine.devices.push(zram);
  const readText = machine.readText.bind(machine);
  machine.readText = (path) => {
    if (path.endsWith("/zram0/backing_dev")) throw new Hang();
    return readText(path);
  };
  machine.beforeCall = (call) => {
    if (call === "zram-reset zram0") throw new Hang();
  };
  const { left, lines, tasks } = runTakeDown(machine);
  expect(left).toEqual(["zram0"]);
  expect(lines).toContain("exitrd: cannot observe 'zram0': no answer, ignoring");
  expect(tasks.clock.now()).toBeLessThan(30_000);
});
