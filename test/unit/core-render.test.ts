import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseMountinfo } from "../../src/kinds/mount/mountinfo.ts";
import { renderPlanText } from "../../src/teardown/report/render.ts";
import { renderPlanDot } from "../../src/teardown/report/render-dot.ts";
import { lvmOnLuks, makeDevice, makeDm, makeSnapshot, planFor } from "./core-builders.ts";

const fixtures = join(import.meta.dirname, "../fixtures");
const recorded = readFileSync(join(fixtures, "mountinfo/debian12-exitrd-v252.txt"), "latin1");
const ring = [
  makeDevice("dm-7", "253:7", ["dm-8"], { dm: makeDm("ring-a", "linear") }),
  makeDevice("dm-8", "253:8", ["dm-7"], { dm: makeDm("ring-b", "snapshot") }),
];

test("a plan reads well", async () => {
  const snapshot = makeSnapshot(parseMountinfo(recorded), [...lvmOnLuks, ...ring]);
  const { plan, graph } = planFor(snapshot, "exitrd");
  const lines = renderPlanText(plan, graph);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(join(fixtures, "plan/lvm-on-luks.txt"));
});

test("a graph is drawn with the numbers of its steps", async () => {
  const { plan, graph } = planFor(makeSnapshot([], lvmOnLuks), "exitrd");
  const dot = renderPlanDot(plan, graph);
  await expect(dot).toMatchFileSnapshot(join(fixtures, "plan/lvm-on-luks.dot"));
});

test("for a machine with nothing to release, the plan says so", () => {
  const { plan, graph } = planFor(makeSnapshot([], []), "exitrd");
  expect(renderPlanText(plan, graph)).toEqual(["Nothing to release."]);
});
