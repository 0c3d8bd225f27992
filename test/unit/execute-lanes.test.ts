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

test("a step that could not start proves nothing about its server", () => {
  const mounts = [101, 102, 103].map((id) =>
    makeMount(id, 1, `0:${id}`, `/oldroot/a${id}`, "nfs4", { source: `nas:/${id}` }),
  );
  const { plan, graph } = planFor(
    makeSnapshot([makeMount(1, 0, "0:30", "/", "tmpfs"), ...mounts], []),
    "exitrd",
  );
  const lanes = createLanes(plan, graph);
  for (const [index, { node }] of plan.steps.entries()) {
    if (/^mount:10[123]$/.test(node)) lanes.add(index);
  }
  const takeOne = (): number => {
    const index = lanes.take(0);
    if (index === undefined) throw new Error("the lane is lost");
    expect(lanes.take(0)).toBeUndefined();
    return index;
  };
  // There is no free process ID (EAGAIN), twice: the lane is not lost, and still has one step.
  lanes.end(takeOne(), 0, "unstarted");
  const second = takeOne();
  lanes.end(second, 0, "unstarted");
  expect(lanes.isDead(second)).toBe(false);
  const third = takeOne();
  lanes.end(third, 0, "hung");
  expect(lanes.isDead(third)).toBe(true);
});
