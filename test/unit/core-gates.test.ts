import { expect, test } from "vitest";
import { queuesWithoutPath } from "../../src/kinds/dm/multipath.ts";
import { findFittingSwaps } from "../../src/kinds/swap/fitting.ts";
import type { Swap } from "../../src/kinds/swap/state.ts";
import { parseMemAvailable } from "../../src/teardown/parse/meminfo.ts";
import { makeDevice, makeDm, makeMount, makeSnapshot, planFor } from "./core-builders.ts";

const own = [makeMount(1, 0, "0:30", "/", "tmpfs")];

test.each([
  ["2 queue_if_no_path retain_attached_hw_handler 1 alua 1 1 service-time 0 1 2 8:0 1 1", true],
  ["1 retain_attached_hw_handler 0 1 1 round-robin 0 1 1 8:0 1", false],
  ["0 0 1 1 queue_if_no_path 0 1 1 8:0 1", false],
  ["", false],
])("a multipath's table '%s' queues without a path: %s", (params, queues) => {
  expect(queuesWithoutPath(params)).toBe(queues);
});

test("a blocked device is unblocked before the topmost node on it is released", () => {
  const dm = { ...makeDm("san", "multipath"), suspended: true };
  const devices = [
    makeDevice("dm-0", "253:0", [], { dm }),
    makeDevice("dm-1", "253:1", ["dm-0"], { dm: makeDm("san-part1", "linear") }),
    makeDevice("dm-2", "253:2", ["dm-0"], { dm: makeDm("san-part2", "linear") }),
  ];
  const mounts = [...own, makeMount(10, 1, "253:1", "/oldroot", "ext4")];
  const { plan, steps } = planFor(makeSnapshot(mounts, devices), "exitrd");
  expect(steps).toEqual([
    "dm resume 'san'",
    "dm remove 'san-part2'",
    "umount '/oldroot'",
    "dm remove 'san-part1'",
    "dm remove 'san'",
  ]);
  expect(plan.steps[0]?.step).toMatchObject({
    resume: true,
    messages: [{ sector: 0, text: "fail_if_no_path" }],
  });
  expect(plan.steps.slice(1, 3).map(({ after }) => after)).toEqual([[0], [0]]);
});

test("a device without a table is removed, never resumed", () => {
  const dm = { ...makeDm("empty", "linear"), suspended: true, targets: [] };
  const devices = [
    makeDevice("dm-0", "253:0", [], { dm, sectors: 0 }),
    makeDevice("dm-1", "253:1", ["dm-0"], { dm: makeDm("top", "linear") }),
  ];
  expect(planFor(makeSnapshot(own, devices), "exitrd").steps).toEqual([
    "dm remove 'top'",
    "dm remove 'empty'",
  ]);
});

test("a suspended device that does not answer is resumed: it may have a table", () => {
  const dm = { ...makeDm("pool", "linear"), suspended: true, targets: [] };
  const devices = [
    makeDevice("dm-0", "253:0", [], { dm, mute: true }),
    makeDevice("dm-1", "253:1", ["dm-0"], { dm: makeDm("top", "linear") }),
  ];
  expect(planFor(makeSnapshot(own, devices), "exitrd").steps).toEqual([
    "dm resume 'pool'",
    "dm remove 'top'",
    "dm remove 'pool'",
  ]);
});

function swap(path: string, sizeKib: number, usedKib: number): Swap {
  return { path, type: "partition", sizeKib, usedKib };
}

function fitting(swaps: readonly Swap[], availableKib: number): readonly string[] {
  const found = findFittingSwaps({ ...makeSnapshot([], [], swaps), memory: { availableKib } });
  return [...found].map(({ path }) => path).sort();
}

test("swaps are released if their pages fit into memory with a margin, otherwise the fullest stays", () => {
  const swaps = [swap("a", 900_000, 300_000), swap("b", 200_000, 100_000), swap("c", 10, 0)];
  expect(fitting(swaps, 500_000)).toEqual(["a", "b", "c"]);
  // The free space of the swap that stays takes pages of the others.
  expect(fitting(swaps, 120_000)).toEqual(["b", "c"]);
  expect(fitting([swap("a", 300_000, 300_000)], 310_000)).toEqual([]);
  expect(fitting([swap("a", 300_000, 0)], 1_000)).toEqual(["a"]);
});

test("a swap that reports more used space than its size has no free space", () => {
  const memory = { availableKib: 0 };
  const swaps = [swap("a", 8, 9)];
  expect(findFittingSwaps({ ...makeSnapshot([], [], swaps), memory }).size).toBe(0);
});

test("without a known amount of memory every swap is tried", () => {
  expect(findFittingSwaps(makeSnapshot([], [], [swap("a", 9, 9)])).size).toBe(1);
  expect(parseMemAvailable("MemTotal:  9 kB\nMemAvailable:   123 kB\n")).toBe(123);
  expect(parseMemAvailable("MemTotal:  9 kB\n")).toBeUndefined();
});
