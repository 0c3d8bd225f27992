import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Apart } from "../vm/fuzz/apart.ts";
import { drawnStack } from "../vm/fuzz/drawn-stack.ts";
import { faultNames } from "../vm/fuzz/fault-kinds.ts";
import { judgeStack } from "../vm/fuzz/judge-stack.ts";
import { layStack, type Stack } from "../vm/fuzz/lay-stack.ts";
import { drawFaultyStacks, drawStacks } from "../vm/fuzz/shrink.ts";
import { MAX_DEPTH, MAX_WIDTH } from "../vm/fuzz/site.ts";

test("a stack does not exceed what one machine can build, and is built once", () => {
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

test("a seed always gives the same stacks, whatever their number", () => {
  expect(drawStacks(7, 20).slice(0, 5)).toEqual(drawStacks(7, 5));
  expect(drawStacks(8, 5)).not.toEqual(drawStacks(7, 5));
});

test("a mount that covers another one is reached by its path from then on", () => {
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
  const free: Stack = {
    build: "",
    again: "",
    workedIn: [],
    depth: 1,
    width: 1,
    mounted: new Map(),
  };
  const clean: Apart = { steps: 3, tookMs: 40, failed: [], left: ["vda"], kept: [] };
  const busy = { kind: "busy", holders: [] } as const;
  const apart = `apart ${JSON.stringify(clean)}`;

  test("that was released twice without a failure is good", () => {
    const verdict = judgeStack(free, ["begin", "built", apart, apart, "end 2500"]);
    expect(verdict).toEqual({ failures: [], aparts: [clean, clean], faults: [], seconds: 2.5 });
  });

  test("with a failed step, a remaining layer or changed data is not good", () => {
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

  test("that is held is busy at one mount, and its holder is reported", () => {
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

describe("a stack in which something breaks", () => {
  const common = { picks: [0, 0, 0, 0], variant: 0, place: 0 };
  const twoTowers = layStack({
    layers: [
      { ...common, kind: "linear" },
      { ...common, kind: "ext4" },
      // Needs a device of its own, as the newest file system on offer cannot be used.
      { ...common, kind: "ext4" },
      { ...common, kind: "loop" },
    ],
    held: null,
    workers: [],
    faults: [{ kind: "disk that fails", pick: 0 }],
  });
  const { faults } = twoTowers;
  if (faults === undefined) throw new Error("no faults");
  const clean: Apart = { steps: 3, tookMs: 40, failed: [], left: ["vda"], kept: [], released: [] };
  const judge = (apart: Partial<Apart>, ...more: readonly string[]) =>
    judgeStack(twoTowers, [
      "built",
      `apart ${JSON.stringify({ ...clean, ...apart })}`,
      ...more,
      `apart ${JSON.stringify(clean)}`,
      "end 1",
    ]).failures;

  test("is assembled again, except for what the fault reaches", () => {
    expect(twoTowers.build.split("\n")[0]).toBe("stand_in 1");
    expect(faults.inject).toBe("break_disk f1 error");
    expect([...faults.touched].sort()).toEqual(["1", "2", "p1"]);
    expect(twoTowers.again).not.toContain("$p1 ");
    expect(twoTowers.again).toContain("same 3 /zoo/3");
    expect(twoTowers.again).toContain("same 80 /zoo/80");
  });

  test("is not assembled again if something below it is not", () => {
    // Both are in the volume group of which the fault hits one volume.
    const both = layStack({
      layers: [
        { ...common, kind: "split" },
        { ...common, kind: "ext4" },
        { ...common, kind: "ext4" },
        { ...common, kind: "ext4", picks: [1, 0, 0, 0] },
      ],
      held: null,
      workers: [],
      faults: [{ kind: "volume that is suspended", pick: 0 }],
    });
    expect(both.faults?.inject).toBe("break_disk z1a suspend");
    expect([...(both.faults?.lost ?? [])].sort()).toEqual(["1", "2", "3", "p1"]);
    expect(both.again).not.toContain("same 3 ");
    expect(both.again).toContain("same 4 /zoo/4");
  });

  test("may fail where the fault reaches, if that is reported", () => {
    const failed = [{ step: "umount '/zoo/2'", failure: { kind: "hung", limitMs: 6000 } }] as const;
    const left = ["/zoo/2", "z1", "f1", "vda"];
    const kept = ["kept mount /zoo/2", "kept /sys/block/dm-1/dm/name z1"];
    expect(judge({ failed, left }, "map dm-1 z1", ...kept)).toEqual([]);
    expect(judge({}, "map dm-1 z1", ...kept)).toEqual([
      "is left and not named: /zoo/2",
      "is left and not named: z1",
    ]);
  });

  test("is known by its former name while it is removed, and Btrfs by its device", () => {
    const [device, uuid] = ["/sys/block/dm-1/dm/name", "/sys/fs/btrfs/01c5-9c2"];
    const maps = ["map dm-1 z1", `map ${uuid} z1`];
    expect(judge({ left: ["z1", "vda"] }, ...maps, `kept ${device} `, `kept ${uuid}`)).toEqual([]);
    expect(judge({ left: ["z1", "vda"] }, `kept ${device} `, `kept ${uuid}`)).toHaveLength(2);
  });

  test("reaches the partitions of a partition of the server's device", () => {
    const stack = layStack({
      layers: [
        { ...common, kind: "partitions" },
        { ...common, kind: "partitions" },
      ],
      held: null,
      workers: [],
      faults: [{ kind: "killed NBD server", pick: 0 }],
    });
    const left = ["nbd0p1p2", "vda"];
    const judged = judgeStack(stack, [
      "map dm-1 nbd0p1p2",
      "built",
      `apart ${JSON.stringify({ ...clean, left })}`,
      "kept /sys/block/dm-1/dm/name nbd0p1p2",
      `apart ${JSON.stringify(clean)}`,
      "end 1",
    ]);
    expect(judged.failures).toEqual([]);
  });

  test("holds no swap that nothing could remove any more", () => {
    const stack = layStack({
      layers: [{ ...common, kind: "swap" }],
      held: null,
      workers: [],
      faults: [{ kind: "disk that is pulled out", pick: 0 }],
    });
    expect(stack.build).toContain("mkswap -q $p1");
    expect(stack.build).not.toContain("mkswap -q $s90");
  });

  test("may keep what the kernel has open on it", () => {
    const stack = layStack({
      layers: [{ ...common, kind: "ext4" }],
      held: null,
      workers: [],
      faults: [
        { kind: "empty loop", pick: 1 },
        { kind: "disk that fails", pick: 0 },
      ],
    });
    expect(stack.faults?.inject).toContain("empty_loop 90 /zoo/1/90.file");
    expect([...(stack.faults?.touched ?? [])].sort()).toEqual(["1", "90", "p1"]);
  });

  test("must be released at once elsewhere, and in time", () => {
    const failure = { kind: "hung", limitMs: 6000 } as const;
    expect(
      judge({
        failed: [{ step: "loop detach 'loop24'", failure }],
        released: [{ step: "umount '/zoo/3'", endMs: 20_000 }],
        left: ["vda", "z80"],
        tookMs: 41_000,
      }),
    ).toEqual([
      expect.stringContaining("beyond its fault failed"),
      "beyond its fault, umount '/zoo/3' came after 20000 ms",
      "beyond its fault, said to be left: z80",
      "took 41000 ms",
    ]);
    expect(judge({}, "kept /sys/block/loop24/loop/backing_file /zoo/3/4.img")).toEqual([
      "beyond its fault is left: loop24",
    ]);
  });
});

test("each kind of fault is drawn, and hits something most of the time", () => {
  const drawn = drawFaultyStacks(1, 300);
  expect(new Set(drawn.flatMap(({ faults = [] }) => faults.map(({ kind }) => kind)))).toEqual(
    new Set(faultNames),
  );
  const struck = drawn.filter((one) => layStack(one).faults?.names.length);
  expect(struck.length).toBeGreaterThan(270);
});

test("no partition is replaced by two disks that fail", () => {
  for (const drawn of drawFaultyStacks(20261201, 500)) {
    const standIns = layStack(drawn)
      .build.split("\n")
      .filter((line) => line.startsWith("stand_in "));
    expect(new Set(standIns).size).toBe(standIns.length);
  }
});
