import { expect, test } from "vitest";
import { createLanes, type Lanes } from "../../src/execute/lanes/lanes.ts";
import { makeDevice, makeMount, makeSnapshot, planFor } from "./core-builders.ts";

/** Takes steps once a second, as if none of them ever finished. */
function takeAll(lanes: Lanes, seconds: number): readonly number[] {
  const taken: number[] = [];
  for (let second = 0; second < seconds; second += 1) {
    for (;;) {
      const index = lanes.take(second * 1_000);
      if (index === undefined) break;
      taken.push(index);
    }
  }
  return taken;
}

test("one disk that hangs does not use up all the memory for children", () => {
  const ids = Array.from({ length: 300 }, (_, index) => 100 + index);
  const { plan, graph } = planFor(
    makeSnapshot(
      [
        makeMount(1, 0, "0:30", "/", "tmpfs"),
        ...ids.map((id) => makeMount(id, 1, "8:0", `/oldroot/a${id}`, "ext4")),
        makeMount(500, 1, "8:16", "/oldroot/well", "ext4"),
      ],
      [makeDevice("sda", "8:0"), makeDevice("sdb", "8:16")],
    ),
    "exitrd",
  );
  const lanes = createLanes(plan, graph);
  const well = plan.steps.findIndex(({ node }) => node === "mount:500");
  for (const index of plan.steps.keys()) if (index !== well) lanes.add(index);
  const hung = takeAll(lanes, 20);
  expect(hung.length).toBeGreaterThan(50);
  lanes.add(well);
  expect(lanes.take(20_000)).toBe(well);
});
