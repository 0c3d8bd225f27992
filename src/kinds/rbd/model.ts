import type { NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { type Field, get, readNumber, readString } from "../../text/read-field.ts";
import { showBytes } from "../../text/show-bytes.ts";

export interface RbdField {
  readonly rbd?: RbdState;
}

/** An image of a Ceph cluster, mapped by the kernel's own client. */
export interface RbdState {
  /** Its number in /sys/bus/rbd/devices: 0 for rbd0. */
  readonly id: number;
  readonly pool: string;
  readonly image: string;
}

export interface RbdNode {
  readonly kind: "rbd";
  readonly id: NodeId;
  readonly device: BaseDevice;
  readonly rbd: RbdState;
}

export interface RbdUnmap {
  readonly kind: "rbd-unmap";
  readonly name: string;
  readonly dev: string;
  readonly id: number;
}

export function readRbd(field: Field): RbdState {
  return {
    id: readNumber(get(field, "id")),
    pool: readString(get(field, "pool")),
    image: readString(get(field, "image")),
  };
}

export const rbdGraph: KindGraph<BaseSnapshot<BaseDevice & RbdField>, RbdNode> = {
  nodes: ({ devices }) =>
    devices.flatMap((device) =>
      device.rbd === undefined || device.partitionOf !== undefined
        ? []
        : { kind: "rbd", id: blockNodeId(device.dev), device, rbd: device.rbd },
    ),
};

export const rbdNode: NodeKind<RbdNode, RbdUnmap> = {
  rank: 3,
  isDevice: true,
  name: ({ device }) => device.name,
  describe: ({ rbd: { pool, image } }) => showBytes(`rbd, ${pool}/${image}`),
  step: ({ device: { name, dev }, rbd: { id } }) => ({ kind: "rbd-unmap", name, dev, id }),
};

export const rbdUnmapStep: StepKind<RbdUnmap> = {
  act: () => "rbd unmap",
  verb: "unmap",
  name: ({ name }) => name,
  // The cluster must release the exclusive lock and the watch on the image.
  limitMs: () => 30_000,
  // For an image that another process has begun to unmap.
  settleMs: 3_000,
};
