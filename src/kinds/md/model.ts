import { addFileEdges } from "../../teardown/graph/file-edges.ts";
import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { showBytes } from "../../text/show-bytes.ts";
import { readMdContainer } from "./protocol.ts";
import type { MdField, MdState } from "./state.ts";

export interface MdNode {
  readonly kind: "md";
  readonly id: NodeId;
  readonly device: BaseDevice;
  readonly md: MdState;
}

export interface MdStop {
  readonly kind: "md-stop";
  readonly name: string;
  readonly dev: string;
}

export function isMdNode(node: AnyNode): node is MdNode {
  return node.kind === "md";
}

export const mdGraph: KindGraph<BaseSnapshot<BaseDevice & MdField>, MdNode> = {
  nodes: ({ devices }) =>
    devices.flatMap((device) =>
      device.md === undefined || device.partitionOf !== undefined
        ? []
        : { kind: "md", id: blockNodeId(device.dev), device, md: device.md },
    ),
  addEdges({ devices: all }, { mounts, devices }, edges) {
    for (const { dev, md } of all) {
      if (md === undefined) continue;
      const id = blockNodeId(dev);
      // A volume's slaves are the disks, not the container, which must be stopped last.
      const container = devices.byName.get(readMdContainer(md.metadataVersion) ?? "");
      if (container !== undefined) edges.add(id, blockNodeId(container.dev));
      // The kernel keeps a bitmap's file open until the array has stopped for good.
      if (md.bitmapFile === undefined) continue;
      addFileEdges(id, md.bitmapFile, undefined, mounts, devices, edges);
    }
  },
};

export const mdNode: NodeKind<MdNode, MdStop> = {
  rank: 3,
  isDevice: true,
  name: ({ device }) => device.name,
  describe: ({ md }) => (md.level === "" ? "array" : showBytes(md.level)),
  step: ({ device: { name, dev } }) => ({ kind: "md-stop", name, dev }),
};

export const mdStopStep: StepKind<MdStop> = {
  act: () => "md stop",
  verb: "stop",
  name: ({ name }) => name,
  limitMs: () => 30_000,
  // It begins with an fsync(2) of the device.
  followsProgress: true,
  settleMs: 0,
};
