import type { NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot, MultiDevice } from "../../teardown/snapshot/base.ts";
import { type Field, get, readOptional, readString } from "../../text/read-field.ts";
import { showBytes } from "../../text/show-bytes.ts";

export interface BcacheField {
  readonly bcache?: BcacheState;
}

export interface BcacheState {
  /** bcache/state: "no cache", "clean", "dirty", "inconsistent". */
  readonly state: string;
  /** Kernel name of the device that is cached. */
  readonly backing: string;
  /** The UUID of its cache set; absent without a cache. */
  readonly set?: string;
}

export interface BcacheSetsField {
  /** The registered cache sets, sorted by UUID. Absent if bcache is not loaded. */
  readonly bcacheSets?: readonly MultiDevice[];
}

export interface BcacheNode {
  readonly kind: "bcache";
  readonly id: NodeId;
  readonly device: BaseDevice;
  readonly bcache: BcacheState;
}

export interface BcacheSetNode {
  readonly kind: "bcache-set";
  readonly id: NodeId;
  readonly set: MultiDevice;
}

export interface BcacheStop {
  readonly kind: "bcache-stop";
  readonly name: string;
  readonly dev: string;
  /** The devices that it keeps open until it is gone. */
  readonly backing: string;
}

export interface BcacheSetStop {
  readonly kind: "bcache-set-stop";
  readonly uuid: string;
  readonly devices: readonly string[];
}

/** The fate of the dirty blocks in the cache. */
export type BcacheEffect = "written-back" | "left-dirty";

export function readBcache(field: Field): BcacheState {
  return {
    state: readString(get(field, "state")),
    backing: readString(get(field, "backing")),
    ...readOptional(field, "set", readString),
  };
}

function setNodeId(uuid: string): NodeId {
  return `bcache-set:${uuid}`;
}

type Seen = BaseSnapshot<BaseDevice & BcacheField> & BcacheSetsField;

export const bcacheGraph: KindGraph<Seen, BcacheNode | BcacheSetNode> = {
  nodes: ({ devices, bcacheSets = [] }) => [
    ...devices.flatMap((device): BcacheNode[] =>
      device.bcache === undefined || device.partitionOf !== undefined
        ? []
        : [{ kind: "bcache", id: blockNodeId(device.dev), device, bcache: device.bcache }],
    ),
    ...bcacheSets.map(
      (set): BcacheSetNode => ({ kind: "bcache-set", id: setNodeId(set.uuid), set }),
    ),
  ],
  addEdges({ devices: all, bcacheSets = [] }, { devices }, edges) {
    for (const { dev, bcache } of all) {
      // The set writes to the cache as long as anything is attached.
      if (bcache?.set !== undefined) edges.add(blockNodeId(dev), setNodeId(bcache.set));
    }
    for (const set of bcacheSets) {
      for (const name of set.devices) {
        const device = devices.byName.get(name);
        if (device !== undefined) edges.add(setNodeId(set.uuid), blockNodeId(device.dev));
      }
    }
  },
};

export const bcacheNode: NodeKind<BcacheNode, BcacheStop, BcacheEffect> = {
  rank: 3,
  isDevice: true,
  name: ({ device }) => device.name,
  describe: ({ bcache }) => (bcache.state === "" ? "bcache" : `bcache, ${showBytes(bcache.state)}`),
  step: ({ device: { name, dev }, bcache: { backing } }) => ({
    kind: "bcache-stop",
    name,
    dev,
    backing,
  }),
  describeReleased(_node, _step, effect, what) {
    switch (effect) {
      case "written-back":
        return "bcache, written back";
      case "left-dirty":
        return "bcache, dirty data left in its cache";
      case undefined:
        return what;
    }
  },
};

export const bcacheSetNode: NodeKind<BcacheSetNode, BcacheSetStop> = {
  rank: 3,
  isDevice: true,
  name: ({ set }) => set.uuid,
  describe: () => "cache set",
  step: ({ set: { uuid, devices } }) => ({ kind: "bcache-set-stop", uuid, devices }),
};

export const bcacheStopStep: StepKind<BcacheStop> = {
  act: () => "bcache stop",
  verb: "stop",
  name: ({ name }) => name,
  // Writing back a cache takes long. What is not written back stays in the cache.
  limitMs: () => 60_000,
  followsProgress: true,
  settleMs: 15_000,
};

export const bcacheSetStopStep: StepKind<BcacheSetStop> = {
  act: () => "bcache stop set",
  verb: "stop",
  name: ({ uuid }) => uuid,
  limitMs: () => 20_000,
  settleMs: 15_000,
};
