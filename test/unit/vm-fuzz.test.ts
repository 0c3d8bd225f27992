import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Apart } from "../vm/fuzz/apart.ts";
import { drawnStack } from "../vm/fuzz/drawn-stack.ts";
import { judgeStack } from "../vm/fuzz/judge-stack.ts";
import { layStack, type Stack } from "../vm/fuzz/lay-stack.ts";
import { drawStacks } from "../vm/fuzz/shrink.ts";
import { MAX_DEPTH, MAX_WIDTH } from "../vm/fuzz/site.ts";

test("a stack is as deep and as wide as one machine can hold, and built once", () => {
  fc.assert(
    fc.property(drawnStack, (drawn) => {
      const stack = layStack(drawn);
      expect(stack.depth).toBeLessThanOrEqual(MAX_DEPTH);
      expect(stack.width).toBeLessThanOrEqual(MAX_WIDTH);
      const makers = /^(mkfs|mkswap|ext4|xfs|luks|truncate|vgcreate|put|make_swap|cp) /m;
      expect(stack.again).not.toMatch(makers);
      expect(layStack(drawn)).toEqual(stack);
    }),
    { numRuns: 500 },
  );
});

test("a seed is always the same stacks, however many of them", () => {
  expect(drawStacks(7, 20).slice(0, 5)).toEqual(drawStacks(7, 5));
  expect(drawStacks(8, 5)).not.toEqual(drawStacks(7, 5));
});

test("what covers a mount is the one that its path leads to from then on", () => {
  const common = { picks: [0, 0, 0, 0], variant: 0 };
  const { build, again } = layStack({
    layers: [
      { ...common, kind: "ext4", place: 0 },
      { ...common, kind: "vfat", place: 4 },
      { ...common, kind: "loop", place: 0 },
    ],
    held: null,
    workers: [],
  });
  expect(build.split("\n").filter((line) => line.startsWith("mount"))).toEqual([
    "mount -m -t ext4 -o noinit_itable $p1 /zoo/1",
    "mount -m -t vfat $p2 /zoo/1",
  ]);
  expect(again).toContain("losetup -P /dev/loop23 /zoo/1/3.img");
});

describe("a stack", () => {
  const free: Stack = { build: "", again: "", workedIn: [], depth: 1, width: 1 };
  const clean: Apart = { steps: 3, tookMs: 40, failed: [], left: ["vda"], kept: [] };
  const busy = { kind: "busy", holders: [] } as const;
  const apart = `apart ${JSON.stringify(clean)}`;

  test("that was taken apart twice without a failure is good", () => {
    const verdict = judgeStack(free, ["begin", "built", apart, apart, "end 2500"]);
    expect(verdict).toEqual({ failures: [], aparts: [clean, clean], seconds: 2.5 });
  });

  test("of which a step failed, something stayed, or the data is another, is not", () => {
    const failed = [{ step: "dm remove 'z1'", failure: busy }];
    const bad = `apart ${JSON.stringify({ ...clean, failed, left: ["vda", "z1"] })}`;
    const lines = [bad, apart, "left mount /zoo/1", "unclean resync of", "different x", "claimed"];
    expect(judgeStack(free, lines).failures).toEqual([
      expect.stringContaining("dm remove 'z1'"),
      "said to be left: z1",
      "left: mount /zoo/1",
      "was not clean: resync of",
      "cannot be put together again as it was: x",
      "a partition is still in use",
    ]);
    expect(judgeStack(free, [apart, "apart Killed"]).failures).toHaveLength(2);
  });

  test("that is held is busy at one place, and its holder is named", () => {
    const held = { ...free, held: "/zoo/1" };
    const step = { step: "umount '/zoo/1'", failure: busy };
    const holders = [{ pid: 7, command: "sleep", by: "cwd", path: "/zoo/1" }] as const;
    const seen: Apart = { ...clean, failed: [step], kept: [{ target: "/zoo/1", holders }] };
    const judge = (one: Apart) =>
      judgeStack(held, [`held ${JSON.stringify(one)}`, apart, apart]).failures;
    expect(judge(seen)).toEqual([]);
    expect(judge({ ...seen, kept: [] })).toEqual(["the holder of '/zoo/1' is not named"]);
    expect(judge({ ...seen, failed: [] })).toEqual(["'/zoo/1' was not busy"]);
    const other = { step: "md stop 'md20'", failure: busy };
    expect(judge({ ...seen, failed: [step, other] })).toEqual([
      expect.stringContaining("failed beside what is held"),
    ]);
  });

  test("that the guest could not build is neither good nor bad", () => {
    const verdict = judgeStack(free, ["begin", "not-built mkfs.xfs: no", "end 700"]);
    expect(verdict).toMatchObject({ notBuilt: "mkfs.xfs: no", failures: [] });
  });
});
