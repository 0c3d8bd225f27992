import { describe, expect, test } from "vitest";
import { divideDeadline } from "../../src/execute/deadline/limits.ts";
import { listLeft } from "../../src/execute/left/degrade.ts";
import { takeDown } from "../../src/execute/take-down.ts";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import {
  decodeLabelPool,
  encodePoolExport,
  isKnownZfsVersion,
  POOL_LABEL_SIZE,
  readPoolOfDataset,
} from "../../src/kinds/zpool/protocol.ts";
import { reportUnmarked } from "../../src/record/judge-ending.ts";
import { renderReport } from "../../src/record/render-text.ts";
import { buildGraph } from "../../src/teardown/graph/build-graph.ts";
import { listKept, listLeftStays } from "../../src/teardown/plan/list-left.ts";
import { makePlan } from "../../src/teardown/plan/make-plan.ts";
import { makePolicy } from "../../src/teardown/plan/policy.ts";
import { makeRecord, stringifyRecord } from "../../src/teardown/record/make-record.ts";
import { parseShutdownRecord } from "../../src/teardown/record/parse-record.ts";
import { describeStep } from "../../src/teardown/report/describe.ts";
import { stayLine } from "../../src/teardown/report/lines.ts";
import { viewPlan } from "../../src/teardown/report/plan-view.ts";
import { parseParameters } from "../../src/teardown/settings/parse-parameters.ts";
import { parseSnapshot, stringifySnapshot } from "../../src/teardown/snapshot/snapshot-text.ts";
import type { ZfsPolicy } from "../../src/text/policies.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { makeConsole } from "../fake/make-console.ts";
import { disk, luks, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";
import { makeDevice, makeDm, makeMount, makeSnapshot } from "./core-builders.ts";

describe("the interface of OpenZFS", () => {
  test("an export contains the pool's name and sets only hardforce", () => {
    const soft = new Uint8Array(encodePoolExport("rpool", false));
    expect(soft.length).toBeGreaterThanOrEqual(13_744);
    expect(String.fromCharCode(...soft.subarray(0, 6))).toBe("rpool\0");
    expect(soft.subarray(5).every((byte) => byte === 0)).toBe(true);
    const hard = new DataView(encodePoolExport("rpool", true));
    expect(hard.getBigUint64(12592, true)).toBe(1n);
    expect(hard.getBigUint64(12616, true)).toBe(0n);
  });

  test.each([
    ["0.8.6-1", true],
    ["2.1.11-1+deb12u1", true],
    ["2.3.2-2~bpo12+2", true],
    ["2.5.0-1", false],
    ["2.10.1", false],
    ["", false],
  ])("version '%s' known: %s", (version, known) => {
    expect(isKnownZfsVersion(version)).toBe(known);
  });

  test.each([
    ["tank", "tank"],
    ["tank/home@monday", "tank"],
    ["tank@monday", "tank"],
  ])("'%s' is in the pool '%s'", (dataset, pool) => {
    expect(readPoolOfDataset(dataset)).toBe(pool);
  });

  test("a label gives the name of its pool", () => {
    expect(decodeLabelPool(makeLabel(["version", "name"]))).toBe("tank");
  });

  test.each([
    ["no name", makeLabel(["version"])],
    ["only zeros", new Uint8Array(POOL_LABEL_SIZE)],
    ["a short device", makeLabel(["name"]).subarray(0, 16384)],
    ["a size beyond the end", makeLabel(["version", "name"], 0xffff_ffff)],
  ])("%s is not a label", (_, label) => {
    expect(decodeLabelPool(label)).toBeUndefined();
  });
});

/** An XDR nvlist at the offset of a label; its pairs are strings with the value "tank". */
function makeLabel(names: readonly string[], firstSize?: number): Uint8Array {
  const label = new Uint8Array(POOL_LABEL_SIZE);
  const view = new DataView(label.buffer);
  label.set([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 16384);
  let at = 16396;
  for (const name of names) {
    const padded = (name.length + 3) & ~3;
    const size = 4 + 4 + 4 + padded + 4 + 4 + 4 + 4;
    view.setUint32(at, at === 16396 ? (firstSize ?? size) : size);
    view.setUint32(at + 8, name.length);
    label.set(Buffer.from(name), at + 12);
    view.setUint32(at + 12 + padded, 9);
    view.setUint32(at + 16 + padded, 1);
    view.setUint32(at + 20 + padded, 4);
    label.set(Buffer.from("tank"), at + 24 + padded);
    at += size;
  }
  return label;
}

/** Root on a pool on LUKS; a zvol of it with a partition that carries ext4, and one with swap. */
const rootOnZfs: Snapshot = {
  ...makeSnapshot(
    [
      makeMount(1, 0, "0:30", "/", "tmpfs"),
      makeMount(10, 1, "0:40", "/oldroot", "zfs", { source: "rpool/ROOT/debian" }),
      makeMount(11, 10, "0:41", "/oldroot/home", "zfs", { source: "rpool/home" }),
      makeMount(12, 10, "230:1", "/oldroot/srv", "ext4"),
    ],
    [
      makeDevice("dm-0", "253:0", ["nvme0n1"], { dm: makeDm("cryptroot", "crypt") }),
      makeDevice("nvme0n1", "259:0"),
      makeDevice("zd0", "230:0", [], { zvol: "rpool/srv" }),
      makeDevice("zd0p1", "230:1", [], { partitionOf: "zd0" }),
      makeDevice("zd16", "230:16", [], { zvol: "rpool/swap" }),
    ],
    [{ path: "/dev/zd16", type: "partition", sizeKib: 8, usedKib: 0, dev: "230:16" }],
  ),
  zfs: {
    version: "2.1.11-1",
    pools: [{ name: "rpool", state: "DEGRADED", devices: ["dm-0"] }],
  },
};

function planSteps(snapshot: Snapshot, commandLine: string) {
  const graph = buildGraph(snapshot);
  const plan = makePlan(graph, makePolicy("exitrd", parseParameters(commandLine).settings));
  return { graph, plan, steps: plan.steps.map(({ step }) => describeStep(step)) };
}

const gone = [
  "swapoff '/dev/zd16'",
  "umount '/oldroot/home'",
  "umount '/oldroot/srv'",
  "umount '/oldroot'",
];

describe("a pool in the plan", () => {
  test("is released with its zvols, after everything on it and before its devices", () => {
    const { plan, steps } = planSteps(rootOnZfs, "");
    expect(steps).toEqual([...gone, "zpool export 'rpool'", "dm remove 'cryptroot'"]);
    expect(plan.steps[4]?.also).toEqual(["block:230:0", "block:230:1", "block:230:16"]);
    expect(plan.steps[4]?.after).toEqual([0, 1, 2, 3]);
  });

  test("is released without a mark if the command line says so", () => {
    const { steps } = planSteps(rootOnZfs, "quiet exitrd.zfs=release");
    expect(steps).toContain("zpool release 'rpool'");
  });

  const leave = "exitrd.zfs=leave";

  test("stays with a driver of another version, and so do its devices", () => {
    const zfs = { version: "3.0.0-1", pools: rootOnZfs.zfs?.pools ?? [] };
    const { plan, graph, steps } = planSteps({ ...rootOnZfs, zfs }, "");
    expect(steps).toEqual(gone);
    expect(plan.stays.flatMap((stay) => stayLine(stay, graph) ?? [])).toEqual([
      "exitrd: cannot release 'rpool': unknown ZFS version 3.0.0-1, ignoring",
    ]);
    expect(listLeft(plan).slice(steps.length)).toEqual(["block:253:0", "zpool:rpool"]);
  });

  test("is kept as configured with its devices, which is no problem", () => {
    const { plan, graph, steps } = planSteps(rootOnZfs, leave);
    expect(steps).toEqual(gone);
    expect(plan.stays.flatMap((stay) => stayLine(stay, graph) ?? [])).toEqual([]);
    expect(listLeft(plan)).toHaveLength(steps.length);
    expect(listKept(plan)).toEqual(["zpool:rpool"]);
    expect(viewPlan(plan, graph)).toMatchObject({
      isGood: true,
      verdict: "All other storage will be released; 1 pool is kept by ZFS=leave: 'rpool'.",
    });
  });

  test("does not keep what something else holds as well", () => {
    const swap = { path: "/swap", type: "file", sizeKib: 8, usedKib: 8, dev: "253:0" } as const;
    const snapshot = { ...rootOnZfs, swaps: [swap], memory: { availableKib: 0 } };
    const { plan } = planSteps(snapshot, leave);
    expect(listLeftStays(plan).map(({ node }) => node)).toContain("block:253:0");
  });

  test("stays, but not a claimed device that has another user", () => {
    const btrfs = [{ uuid: "u", devices: ["dm-1", "dm-2"] }];
    const volumes = ["dm-1", "dm-2"].map((name, index) =>
      makeDevice(name, `253:${index + 1}`, [], { dm: makeDm(`data${index}`, "crypt") }),
    );
    const { steps } = planSteps(
      {
        ...rootOnZfs,
        btrfs,
        mounts: [
          ...rootOnZfs.mounts,
          makeMount(13, 1, "0:50", "/oldroot/data", "btrfs", { source: "/dev/dm-1" }),
        ],
        devices: [...rootOnZfs.devices, ...volumes],
        // Without its label, the second device of the btrfs seems to belong to the pool.
        zfs: {
          version: "2.1.11-1",
          pools: [{ name: "rpool", state: "ONLINE", devices: ["dm-0", "dm-2"] }],
        },
      },
      "exitrd.zfs=leave",
    );
    expect(steps).toEqual(expect.arrayContaining(["dm remove 'data0'", "dm remove 'data1'"]));
    expect(steps).not.toContain("dm remove 'cryptroot'");
  });

  test("an invalid policy changes nothing", () => {
    expect(makePolicy("running", parseParameters("exitrd.zfs=now").settings)).toEqual({
      perspective: "running",
      zfs: "export",
    });
  });

  test("a snapshot keeps it", () => {
    expect(parseSnapshot(stringifySnapshot(rootOnZfs))).toEqual(rootOnZfs);
  });
});

function makeMachine(): FakeMachine {
  return new FakeMachine({
    mounts: [
      mount(1, 0, "0:30", "/", "tmpfs", "tmpfs"),
      mount(10, 1, "0:40", "/oldroot", "zfs", "rpool/ROOT/debian"),
      mount(11, 10, "230:0", "/oldroot/srv", "ext4", "/dev/zd0"),
    ],
    devices: [
      disk,
      luks,
      { name: "zd0", dev: "230:0", slaves: [], kind: "zvol", label: "rpool/srv" },
    ],
    pools: [{ name: "rpool", devices: ["dm-0"] }],
  });
}

function run(machine: FakeMachine, zfs: ZfsPolicy = "export") {
  const tasks = new FakeTasks();
  const ports = { reader: machine, kernel: machine, tasks, clock: tasks.clock, onTick() {} };
  const lines: string[] = [];
  const console = makeConsole((line) => lines.push(line));
  const limits = divideDeadline(90_000);
  return { lines, ...takeDown(makePolicy("exitrd", { zfs }), "poweroff", limits, ports, console) };
}

describe("a pool at shutdown", () => {
  test("is exported when nothing uses it, without a failed call", () => {
    const machine = makeMachine();
    expect(run(machine).left).toEqual([]);
    expect(machine.steps).toEqual([
      "umount /oldroot/srv",
      "umount /oldroot",
      "zpool-export rpool",
      "dm-remove 253:0",
    ]);
  });

  test.each([1, 2])(
    "whose disks do not show their labels delays nothing by much, with %d pools",
    (count) => {
      const machine = makeMachine();
      if (count > 1) machine.pools.push({ name: "zoo", devices: [] });
      machine.isClaimed = (name) => name === "dm-0" && machine.pools.length > 0;
      machine.readPoolLabel = () => {
        throw new Hang();
      };
      const { outcomes, left } = run(machine);
      expect(left).toEqual([]);
      expect(outcomes[0]?.startMs).toBeLessThan(count > 1 ? 1_200 : 100);
      expect(machine.steps.filter((step) => step.startsWith("zpool"))).toHaveLength(count);
      expect(machine.steps.at(-1)).toBe("dm-remove 253:0");
    },
  );

  test("that is refused leaves its backing alone", () => {
    const machine = makeMachine();
    machine.beforeCall = (call) => {
      if (call.startsWith("zpool-export")) throw sysError("ioctl", "EBUSY");
    };
    expect(run(machine).left).toEqual(["cryptroot", "rpool"]);
    expect(machine.calls).not.toContain("dm-remove 253:0");
  });

  test("whose call succeeds without effect is not believed", () => {
    const machine = makeMachine();
    machine.zpoolExport = () => {};
    expect(run(machine).left).toEqual(["cryptroot", "rpool"]);
  });

  describe("that ZFS=leave keeps", () => {
    /** The kernel uses the pool's device, and perhaps a disk whose file system was unmounted. */
    const keep = (claimed: readonly string[]) => {
      const machine = makeMachine();
      machine.mounts.push(mount(12, 10, "8:16", "/oldroot/data", "ext4", "/dev/sdb"));
      machine.devices.push({ name: "sdb", dev: "8:16", slaves: [], kind: "disk" });
      machine.isClaimed = (name) => claimed.includes(name);
      return { machine, ...run(machine, "leave") };
    };

    test("is no fault, but in the record", () => {
      const { machine, left, account, lines } = keep(["dm-0", disk.name]);
      expect(left).toEqual([]);
      expect(machine.steps).toHaveLength(3);
      expect(account.kept).toEqual(["rpool"]);
      expect(lines).toContain("exitrd: keeping 'rpool', as ZFS=leave says");
      const made = { version: "1", kernel: "6.1", verb: "poweroff", tookMs: 1, madeAt: 1 } as const;
      const record = makeRecord(made, account, true);
      expect(record.verdict).toBe("clean");
      expect(parseShutdownRecord(stringifyRecord(record, 4_096) ?? "").kept).toEqual(["rpool"]);
      const report = reportUnmarked("", record, 1);
      expect(renderReport(report)).toContain("  kept by ZFS=leave: 'rpool'");
    });

    test("does not hide a device that is still in use after its unmount", () => {
      const machine = makeMachine();
      const data = { name: "dm-5", dev: "253:5", slaves: ["sdb"], kind: "dm", label: "data" };
      machine.devices.push({ name: "sdb", dev: "8:16", slaves: [], kind: "disk" });
      machine.devices.push({ ...data, kind: "dm" });
      machine.mounts.push(mount(12, 10, "253:5", "/oldroot/data", "ext4", "/dev/dm-5"));
      machine.isClaimed = (name) => ["dm-0", "dm-5"].includes(name);
      machine.beforeCall = (call) => {
        if (call === "dm-remove 253:5") throw sysError("ioctl", "EBUSY");
      };
      const { left, account } = run(machine, "leave");
      expect(left).toContain("data");
      expect(account.kept).toEqual(["rpool"]);
    });

    test("does not hide a disk that is still in use", () => {
      expect(keep(["dm-0", "sdb"]).left).toEqual(["sdb"]);
    });
  });
});
