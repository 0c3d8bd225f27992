import { expect, test } from "vitest";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import type { Swap } from "../../src/kinds/swap/state.ts";
import { buildGraph } from "../../src/teardown/graph/build-graph.ts";
import { makePlan } from "../../src/teardown/plan/make-plan.ts";
import { muteLines, stayLine } from "../../src/teardown/report/lines.ts";
import { renderPlanText } from "../../src/teardown/report/render.ts";
import { parseSnapshot, stringifySnapshot } from "../../src/teardown/snapshot/snapshot-text.ts";
import { makeDevice, makeDm, makeLoop, makeMount, makeSnapshot } from "./core-builders.ts";

const own = makeMount(1, 0, "0:30", "/", "tmpfs");
const mute = true;

function render(snapshot: Snapshot) {
  const graph = buildGraph(snapshot);
  const plan = makePlan(graph, { perspective: "exitrd" });
  return {
    text: renderPlanText(plan, graph).map((line) => line.replace(/ +/g, " ").trim()),
    lines: muteLines(graph),
    stays: plan.stays.flatMap((stay) => stayLine(stay, graph) ?? []),
  };
}

test("a device that does not answer has a step, based on what is known, and the plan says so", () => {
  const { backingDev: _, ...loop } = makeLoop("loop0", "7:0", "/oldroot/image", "0:0").loop ?? {
    backingFile: "",
    autoclear: false,
  };
  const snapshot = makeSnapshot(
    [own, makeMount(10, 1, "253:1", "/oldroot", "ext4")],
    [
      makeDevice("sda", "8:0", [], { mute }),
      makeDevice("dm-0", "253:0", ["sda"], { dm: makeDm("cryptroot", "crypt"), mute }),
      makeDevice("dm-1", "253:1", ["dm-0"], {
        dm: { ...makeDm("vg-root", ""), openCount: 0, targets: [] },
        mute,
      }),
      makeDevice("loop0", "7:0", [], { loop, mute }),
    ],
  );
  const { text, lines } = render(snapshot);
  expect(text).toEqual([
    "All storage will be released.",
    "",
    "Steps:",
    "1 loop detach 'loop0' /oldroot/image, does not answer 20 s",
    "2 umount '/oldroot' ext4 on vg-root 30 s",
    "3 dm remove 'vg-root' dm, does not answer, on cryptroot 20 s",
    "4 dm remove 'cryptroot' crypt, does not answer, on sda 20 s",
    "",
    "Hardware, which the kernel shuts down:",
    "'sda' disk, does not answer",
    "",
    "1 of exitrd's own stay.",
  ]);
  expect(lines).toContain("exitrd: cannot observe 'cryptroot': no answer, ignoring");
  expect(parseSnapshot(stringifySnapshot(snapshot))).toEqual(snapshot);
});

test("a DRBD whose resource is unknown because it does not answer needs no tool", () => {
  const { text, stays } = render(makeSnapshot([own], [makeDevice("drbd0", "147:0", [], { mute })]));
  expect(text).toContain("'drbd0' does not answer");
  expect(stays).toEqual(["exitrd: cannot release 'drbd0': no answer, ignoring"]);
});

test("a swap file that does not answer depends on the mount of its path, uncovered", () => {
  const swap: Swap = { path: "/oldroot/swap", type: "file", sizeKib: 8, usedKib: 0, mute };
  const disk = makeDevice("sda", "8:0");
  const snapshot = makeSnapshot([own, makeMount(10, 1, "8:0", "/oldroot", "ext4")], [disk], [swap]);
  const { text } = render({ ...snapshot, memory: { availableKib: 1_000_000 } });
  expect(text.slice(3, 5)).toEqual([
    "1 swapoff '/oldroot/swap' swap file, does not answer 60 s",
    "2 umount '/oldroot' ext4 on sda 30 s",
  ]);
  expect(parseSnapshot(stringifySnapshot(snapshot))).toEqual(snapshot);
});
