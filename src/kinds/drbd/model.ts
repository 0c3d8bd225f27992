import type { NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { parseDev } from "../../text/dev.ts";
import { type Field, get, readString } from "../../text/read-field.ts";
import { showBytes } from "../../text/show-bytes.ts";
import { DRBD_MAJOR } from "./protocol.ts";

export interface DrbdField {
  /** Absent if the driver does not report it. */
  readonly drbd?: DrbdState;
}

export interface DrbdState {
  /** The name of the resource that it is a volume of. */
  readonly resource: string;
}

/** A DRBD device whose resource is not known. */
export interface DrbdNode {
  readonly kind: "drbd";
  readonly id: NodeId;
  readonly device: BaseDevice;
}

export interface DrbdResourceNode {
  readonly kind: "drbd-resource";
  readonly id: NodeId;
  readonly name: string;
  /** Kernel names of its volumes. */
  readonly devices: readonly string[];
  /** Kernel names of the backing devices that no other resource uses. */
  readonly backings: readonly string[];
}

/** A device of a resource: it is released together with it. */
export interface DrbdVolumeNode {
  readonly kind: "drbd-volume";
  readonly id: NodeId;
  readonly device: BaseDevice;
}

export interface DrbdDown {
  readonly kind: "drbd-down";
  /** The resource. */
  readonly name: string;
  /** They vanish together with the resource. */
  readonly devices: readonly string[];
  /** The devices that it keeps open until it is gone. */
  readonly backings: readonly string[];
}

type Device = BaseDevice & DrbdField;
type AnyDrbdNode = DrbdNode | DrbdResourceNode | DrbdVolumeNode;

export function readDrbd(field: Field): DrbdState {
  return { resource: readString(get(field, "resource")) };
}

function resourceNodeId(resource: string): NodeId {
  return `drbd:${resource}`;
}

export const drbdGraph: KindGraph<BaseSnapshot<Device>, AnyDrbdNode> = {
  nodes: ({ devices }) => [
    ...devices.flatMap((device): AnyDrbdNode[] => {
      const isOurs = device.partitionOf === undefined && device.sectors > 0;
      if (!isOurs || parseDev(device.dev)?.major !== DRBD_MAJOR) return [];
      const kind = device.drbd === undefined ? "drbd" : "drbd-volume";
      return [{ kind, id: blockNodeId(device.dev), device }];
    }),
    ...makeResources(devices),
  ],
  addEdges({ devices }, _indexes, edges) {
    for (const { dev, drbd } of devices) {
      if (drbd !== undefined) edges.add(blockNodeId(dev), resourceNodeId(drbd.resource));
    }
  },
  // Volumes are taken down together, by their resource.
  listSlaveHolders: ({ devices }) =>
    devices.flatMap(({ dev, drbd }): (readonly [string, NodeId])[] =>
      drbd === undefined ? [] : [[dev, resourceNodeId(drbd.resource)]],
    ),
};

/** One node for each resource: DRBD cannot take down a single volume. */
function makeResources(devices: readonly Device[]): readonly DrbdResourceNode[] {
  const volumes = devices.filter(({ drbd }) => drbd !== undefined);
  const names = [...new Set(volumes.flatMap(({ drbd }) => drbd?.resource ?? []))];
  return names.map((name) => {
    const own = volumes.filter(({ drbd }) => drbd?.resource === name);
    // One disk may contain the metadata of several resources.
    const others = volumes.filter((volume) => !own.includes(volume));
    const shared = new Set(others.flatMap(({ slaves }) => slaves));
    const backings = new Set(own.flatMap(({ slaves }) => slaves).filter((at) => !shared.has(at)));
    return {
      kind: "drbd-resource",
      id: resourceNodeId(name),
      name,
      devices: own.map((volume) => volume.name),
      backings: [...backings].sort(),
    };
  });
}

export const drbdNode: NodeKind<DrbdNode, never> = {
  rank: 3,
  isDevice: true,
  name: ({ device }) => device.name,
  describe: () => "drbd",
  // Without the name of its resource it cannot be taken down: DRBD 9 has another netlink protocol.
  stay: ({ device }) => (device.mute ? { kind: "mute" } : { kind: "no-tool", tool: "drbdsetup" }),
};

export const drbdResourceNode: NodeKind<DrbdResourceNode, DrbdDown> = {
  rank: 3,
  isDevice: true,
  name: ({ name }) => name,
  describe: ({ devices }) => `drbd, ${showBytes(devices.join(", "))}`,
  step: ({ name, devices, backings }) => ({ kind: "drbd-down", name, devices, backings }),
};

export const drbdVolumeNode: NodeKind<DrbdVolumeNode, never> = {
  rank: 4,
  isDevice: true,
  name: ({ device }) => device.name,
  describe: () => "drbd volume",
  goesWithBacking: true,
};

export const drbdDownStep: StepKind<DrbdDown> = {
  act: () => "drbd down",
  verb: "take down",
  name: ({ name }) => name,
  limitMs: () => 30_000,
  settleMs: 3_000,
};
