import { expect, test } from "vitest";
import { zramObserver } from "../../src/kinds/zram/observe.ts";
import { FakeMachine } from "../fake/fake-machine.ts";

test.each([
  ["0\n", {}],
  ["33554432\n", { zram: { backingDevice: "none" } }],
])("a zram of %j bytes exists only if its size was set", (size, seen) => {
  const machine = new FakeMachine({ mounts: [] });
  machine.readText = (path) => (path.endsWith("/disksize") ? size : "none\n");
  expect(zramObserver.observe?.("zram0", machine)).toEqual(seen);
});
