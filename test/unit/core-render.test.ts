import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseMountinfo } from "../../src/kinds/mount/mountinfo.ts";
import { renderPlanText } from "../../src/teardown/report/render.ts";
import { renderPlanDot } from "../../src/teardown/report/render-dot.ts";
import { renderPlanTree } from "../../src/teardown/report/render-tree.ts";
import { widthOf } from "../../src/text/columns.ts";
import { paintForTerminal, paintNothing } from "../../src/text/paint.ts";
import {
  lvmOnLuks,
  makeDevice,
  makeDm,
  makeMount,
  makeSnapshot,
  planFor,
} from "./core-builders.ts";

const fixtures = join(import.meta.dirname, "../fixtures");
const recorded = readFileSync(join(fixtures, "mountinfo/debian12-exitrd-v252.txt"), "latin1");
const ring = [
  makeDevice("dm-7", "253:7", ["dm-8"], { dm: makeDm("ring-a", "linear") }),
  makeDevice("dm-8", "253:8", ["dm-7"], { dm: makeDm("ring-b", "snapshot") }),
];

const narrow = { width: 80, paint: paintNothing, limits: new Map(), all: false };

test("a plan is rendered as text", async () => {
  const snapshot = makeSnapshot(parseMountinfo(recorded), [...lvmOnLuks, ...ring]);
  const { plan, graph } = planFor(snapshot, "exitrd");
  const lines = renderPlanText(plan, graph, narrow);
  expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(80);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(join(fixtures, "plan/lvm-on-luks.txt"));
});

test("the tree shows each node once, on its backing", async () => {
  const bound = makeMount(90, 1, "253:2", "/srv", "ext4");
  const raid = makeDevice("md0", "9:0", ["sda", "sdb"], {
    md: { level: "raid1", arrayState: "clean", metadata: "1.2" } as never,
  });
  const disks = [makeDevice("sda", "8:0"), makeDevice("sdb", "8:16"), raid];
  const onRaid = makeMount(91, 90, "9:0", "/srv/data", "xfs");
  const { plan, graph } = planFor(
    makeSnapshot([bound, onRaid], [...lvmOnLuks, ...disks]),
    "exitrd",
  );
  const tree = `${renderPlanTree(plan, graph, { ...narrow, width: undefined }).join("\n")}\n`;
  await expect(tree).toMatchFileSnapshot(join(fixtures, "plan/tree.txt"));
});

describe("a plan as text", () => {
  const path = `/srv/${"long/".repeat(40)}end`;
  const nas = makeMount(70, 1, "0:70", path, "nfs4", { source: "nas:/export" });
  const slow = { ...lvmOnLuks[3], mute: true as const } as (typeof lvmOnLuks)[number];
  const snapshot = makeSnapshot(
    [nas],
    [...lvmOnLuks.filter(({ name }) => name !== "nvme0n1"), slow],
  );
  const { plan, graph } = planFor(snapshot, "exitrd");

  test("is not clipped in a pipe, and names servers", () => {
    const text = renderPlanText(plan, graph).join("\n");
    expect(text).toContain(`umount '${path}'`);
    expect(text).toContain("nfs4 of nas:/export");
  });

  test("fits any terminal", () => {
    for (const width of [60, 80, 132]) {
      const [verdict, ...lines] = renderPlanText(plan, graph, { ...narrow, width });
      expect(verdict).not.toContain("..");
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
    }
  });

  test("clips only the long name, also in a tree, and nothing if there is room", () => {
    const shown = { ...narrow, width: 80 };
    const tree = renderPlanTree(plan, graph, shown);
    expect(Math.max(...tree.map(widthOf))).toBeLessThanOrEqual(80);
    expect(tree.filter((line) => line.includes(".."))).toHaveLength(1);
    const wide = { ...narrow, width: 300 };
    for (const render of [renderPlanText, renderPlanTree]) {
      expect(render(plan, graph, wide).join("\n")).toContain(path);
    }
  });

  test("has the limits of the configuration", () => {
    const limits = new Map([["dm-remove", 7_000] as const]);
    const lines = renderPlanText(plan, graph, { ...narrow, limits });
    expect(lines.filter((line) => / 7 s$/.test(line))).toHaveLength(
      plan.steps.filter(({ step }) => step.kind === "dm-remove").length,
    );
  });

  test("begins with the verdict in color, and has the same words without colors", () => {
    const colored = renderPlanText(plan, graph, { ...narrow, paint: paintForTerminal });
    expect(colored[0]?.startsWith("\u001b[1;32mAll storage")).toBe(true);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
    const plain = colored.map((line) => line.replaceAll(/\u001b\[[0-9;]*m/g, ""));
    expect(plain).toEqual(renderPlanText(plan, graph, narrow));
  });

  test("puts brackets around steps that may run in parallel", () => {
    const mounts = [1, 2, 3].map((id) => makeMount(id, 0, `0:${id}`, `/m${id}`, "nfs"));
    const beside = planFor(makeSnapshot(mounts, []), "exitrd");
    const marks = renderPlanText(beside.plan, beside.graph)
      .filter((line) => line.includes("umount"))
      .map((line) => Buffer.from(line, "latin1").toString("utf8").charAt(4));
    expect(marks).toEqual(["┌", "│", "└"]);
  });
});

test("a graph is drawn with the numbers of its steps", async () => {
  const { plan, graph } = planFor(makeSnapshot([], lvmOnLuks), "exitrd");
  const dot = renderPlanDot(plan, graph);
  await expect(dot).toMatchFileSnapshot(join(fixtures, "plan/lvm-on-luks.dot"));
});

test("a plan without anything to release is rendered as one line", () => {
  const { plan, graph } = planFor(makeSnapshot([], []), "exitrd");
  expect(renderPlanText(plan, graph)).toEqual(["Nothing to release."]);
});
