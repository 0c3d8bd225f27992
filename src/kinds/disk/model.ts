import type { NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot } from "../../teardown/snapshot/base.ts";

/** Every block device that is not of another kind. */
export interface DiskNode {
  readonly kind: "disk";
  readonly id: NodeId;
  readonly device: BaseDevice;
}

/**
 * It is released together with its whole device, for example a loop device or an array. A partition
 * of a real disk stays.
 */
export interface PartitionNode {
  readonly kind: "partition";
  readonly id: NodeId;
  readonly device: BaseDevice;
}

export const diskGraph: KindGraph<BaseSnapshot, DiskNode | PartitionNode> = {
  nodes: ({ devices }) =>
    devices.flatMap((device): (DiskNode | PartitionNode)[] => {
      // A card reader without a card.
      if (device.sectors === 0) return [];
      const id = blockNodeId(device.dev);
      return [{ kind: device.partitionOf === undefined ? "disk" : "partition", id, device }];
    }),
  addEdges({ devices: all }, { devices, slaveHolders }, edges) {
    for (const { dev, slaves, partitionOf } of all) {
      const holder = slaveHolders.get(dev) ?? blockNodeId(dev);
      for (const name of partitionOf === undefined ? slaves : [partitionOf]) {
        const below = devices.byName.get(name);
        if (below !== undefined) edges.add(holder, blockNodeId(below.dev));
      }
    }
  },
};

export const diskNode: NodeKind<DiskNode, never> = {
  rank: 4,
  isDevice: true,
  name: ({ device }) => device.name,
  describe: () => "disk",
  isHardware: true,
};

export const partitionNode: NodeKind<PartitionNode, never> = {
  rank: 4,
  isDevice: true,
  name: ({ device }) => device.name,
  describe: () => "partition",
  goesWithBacking: true,
};
