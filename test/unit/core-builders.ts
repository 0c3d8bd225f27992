import type { DmState } from "../../src/kinds/dm/state.ts";
import type { BlockDevice, Node, Snapshot } from "../../src/kinds/kinds.ts";
import type { Session } from "../../src/kinds/session/state.ts";
import { buildGraph } from "../../src/teardown/graph/build-graph.ts";
import type { Graph } from "../../src/teardown/graph/graph.ts";
import { makePlan } from "../../src/teardown/plan/make-plan.ts";
import type { Plan } from "../../src/teardown/plan/plan.ts";
import type { Perspective } from "../../src/teardown/plan/policy.ts";
import { describeStep } from "../../src/teardown/report/describe.ts";
import type { Mount } from "../../src/teardown/snapshot/base.ts";

/** A mount with the kernel's usual values for everything that a test does not set. */
export function makeMount(
  id: number,
  parentId: number,
  dev: string,
  target: string,
  fsType: string,
  rest: Partial<Mount> = {},
): Mount {
  const usual = { root: "/", options: ["rw"], propagation: [], source: "none" };
  return { id, parentId, dev, target, fsType, ...usual, superOptions: ["rw"], ...rest };
}

export function makeDevice(
  name: string,
  dev: string,
  slaves: readonly string[] = [],
  rest: Partial<BlockDevice> = {},
): BlockDevice {
  return { name, dev, sectors: 2048, readOnly: false, slaves, ...rest };
}

export function makeDm(name: string, type: string): DmState {
  const targets = [{ start: 0, length: 2048, type }];
  return { name, uuid: "", suspended: false, openCount: 1, deferredRemove: false, targets };
}

export function makeLoop(
  name: string,
  dev: string,
  backingFile: string,
  backingDev: string,
): BlockDevice {
  const loop = { backingFile, backingDev, autoclear: false };
  return makeDevice(name, dev, [], { loop });
}

export function makeSnapshot(
  mounts: readonly Mount[],
  devices: readonly BlockDevice[] = [],
  swaps: Snapshot["swaps"] = [],
): Snapshot {
  return { format: 1, kernel: "6.1.0-49-amd64", mounts, swaps, devices };
}

export interface Planned {
  readonly graph: Graph<Node>;
  readonly plan: Plan;
  /** The steps as a person would read them, in order. */
  readonly steps: readonly string[];
}

export function planFor(snapshot: Snapshot, perspective: Perspective): Planned {
  const graph = buildGraph(snapshot);
  const plan = makePlan(graph, { perspective });
  return { graph, plan, steps: plan.steps.map(({ step }) => describeStep(step)) };
}

/** A typical machine: ext4 on LVM on LUKS2 on NVMe, with swap beside the root. */
export const lvmOnLuks: readonly BlockDevice[] = [
  makeDevice("dm-0", "253:0", ["nvme0n1p3"], { dm: makeDm("cryptroot", "crypt") }),
  makeDevice("dm-1", "253:1", ["dm-0"], { dm: makeDm("vg-root", "linear") }),
  makeDevice("dm-2", "253:2", ["dm-0"], { dm: makeDm("vg-swap", "linear") }),
  makeDevice("nvme0n1", "259:0"),
  makeDevice("nvme0n1p3", "259:3", [], { partitionOf: "nvme0n1" }),
];

export const iscsi: Session = {
  protocol: "iscsi",
  name: "session1",
  paths: ["connection1:0"],
  devices: ["sda"],
};
export const nvme: Session = {
  protocol: "nvme",
  name: "nvme-subsys0",
  paths: ["nvme0", "nvme1"],
  devices: ["nvme0n1"],
};
