import { findDeviceByPath } from "../../teardown/graph/device-index.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { type Field, get, readString } from "../../text/read-field.ts";

export interface ZramField {
  readonly zram?: ZramState;
}

export interface ZramState {
  /** The block device for idle pages, as sysfs shows it; "none" if there is none. */
  readonly backingDevice: string;
}

export interface ZramNode {
  readonly kind: "zram";
  readonly id: NodeId;
  readonly device: BaseDevice;
  readonly zram: ZramState;
}

export interface ZramReset {
  readonly kind: "zram-reset";
  readonly name: string;
  readonly dev: string;
}

export function readZram(field: Field): ZramState {
  return { backingDevice: readString(get(field, "backingDevice")) };
}

export const zramGraph: KindGraph<BaseSnapshot<BaseDevice & ZramField>, ZramNode> = {
  nodes: ({ devices }) =>
    devices.flatMap((device) =>
      device.zram === undefined
        ? []
        : { kind: "zram", id: blockNodeId(device.dev), device, zram: device.zram },
    ),
  addEdges({ devices: all }, { devices }, edges) {
    for (const { dev, zram } of all) {
      const below = zram && findDeviceByPath(devices, zram.backingDevice);
      if (below !== undefined) edges.add(blockNodeId(dev), blockNodeId(below.dev));
    }
  },
};

export const zramNode: NodeKind<ZramNode, ZramReset> = {
  rank: 3,
  isDevice: true,
  name: ({ device }) => device.name,
  describe: () => "zram",
  step: ({ device: { name, dev } }) => ({ kind: "zram-reset", name, dev }),
};

export const zramResetStep: StepKind<ZramReset> = {
  act: () => "zram reset",
  verb: "reset",
  name: ({ name }) => name,
  limitMs: () => 20_000,
  settleMs: 0,
};
