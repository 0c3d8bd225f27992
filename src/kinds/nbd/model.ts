import type { NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { type Field, get, readNumber } from "../../text/read-field.ts";

export interface NbdField {
  /** Present while it is connected. */
  readonly nbd?: NbdState;
}

export interface NbdState {
  /** The process that connected it. It may have exited if netlink was used. */
  readonly pid: number;
}

export interface NbdNode {
  readonly kind: "nbd";
  readonly id: NodeId;
  readonly device: BaseDevice;
  readonly nbd: NbdState;
}

export interface NbdDisconnect {
  readonly kind: "nbd-disconnect";
  readonly name: string;
  readonly dev: string;
}

export function readNbd(field: Field): NbdState {
  return { pid: readNumber(get(field, "pid")) };
}

export const nbdGraph: KindGraph<BaseSnapshot<BaseDevice & NbdField>, NbdNode> = {
  nodes: ({ devices }) =>
    devices.flatMap((device) =>
      device.nbd === undefined || device.partitionOf !== undefined
        ? []
        : { kind: "nbd", id: blockNodeId(device.dev), device, nbd: device.nbd },
    ),
};

export const nbdNode: NodeKind<NbdNode, NbdDisconnect> = {
  rank: 3,
  isDevice: true,
  name: ({ device }) => device.name,
  describe: () => "nbd",
  step: ({ device: { name, dev } }) => ({ kind: "nbd-disconnect", name, dev }),
};

export const nbdDisconnectStep: StepKind<NbdDisconnect> = {
  act: () => "nbd disconnect",
  verb: "disconnect",
  name: ({ name }) => name,
  limitMs: () => 20_000,
  // It begins with an fsync(2) of the device.
  followsProgress: true,
  settleMs: 3_000,
};
