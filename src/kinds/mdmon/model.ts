import { type Graph, getNode } from "../../teardown/graph/graph.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { isApiFileSystem } from "../file-systems.ts";
import { isMdNode } from "../md/model.ts";
import { readMdContainer } from "../md/protocol.ts";
import type { MdField, MdMonitor } from "../md/state.ts";
import { isMountNode } from "../mount/node.ts";
import { endMonitors } from "./end-monitors.ts";

/** The process that maintains the metadata of a container, which is `device`. */
export interface MdmonNode {
  readonly kind: "mdmon";
  readonly id: NodeId;
  readonly device: BaseDevice;
  readonly monitor: MdMonitor;
}

export interface MdmonEnd {
  readonly kind: "mdmon-end";
  /** The container. */
  readonly name: string;
  readonly pid: number;
  readonly startTime?: string | undefined;
  /** The mounts that it runs from, to be made read-only while it can still mark the array clean. */
  readonly runsFrom: readonly string[];
  /** The volumes of its container. */
  readonly volumes: readonly string[];
}

function mdmonNodeId(container: string): NodeId {
  return `mdmon:${container}`;
}

export const mdmonGraph: KindGraph<BaseSnapshot<BaseDevice & MdField>, MdmonNode> = {
  nodes: ({ devices }) =>
    devices.flatMap((device) => {
      const monitor = device.md?.monitor;
      if (monitor === undefined) return [];
      return { kind: "mdmon", id: mdmonNodeId(device.name), device, monitor };
    }),
  addEdges({ devices }, { mounts }, edges) {
    for (const { name, dev, md } of devices) {
      const container = readMdContainer(md?.metadataVersion ?? "");
      // Without its mdmon a volume can neither be marked clean nor be written to.
      if (container !== undefined) edges.add(blockNodeId(dev), mdmonNodeId(container));
      if (md?.monitor === undefined) continue;
      const id = mdmonNodeId(name);
      edges.add(id, blockNodeId(dev));
      // An mdmon that runs from the real root, not from the initrd, keeps that root busy.
      for (const mount of md.monitor.fileSystems.flatMap((at) => mounts.byDev.get(at) ?? [])) {
        if (!isApiFileSystem(mount.fsType)) edges.add(id, mountNodeId(mount.id));
      }
    }
  },
  breakCycles: endMonitors,
};

export const mdmonNode: NodeKind<MdmonNode, MdmonEnd> = {
  rank: 3,
  isDevice: false,
  name: ({ device }) => device.name,
  describe: ({ monitor }) => `process ${monitor.pid}`,
  step: ({ device: { name }, monitor }, { graph, mark = [] }) => ({
    kind: "mdmon-end",
    name,
    pid: monitor.pid,
    startTime: monitor.startTime,
    runsFrom: mark.map((id) => readTarget(graph, id)),
    volumes: listVolumes(graph, name),
  }),
};

function readTarget(graph: Graph, id: NodeId): string {
  const node = getNode(graph, id);
  if (!isMountNode(node)) throw new Error(`no mount ${id}`);
  return node.mount.target;
}

/** The kernel names of a container's volumes. */
function listVolumes(graph: Graph, container: string): readonly string[] {
  return [...graph.nodes.values()]
    .filter(isMdNode)
    .filter(({ md }) => readMdContainer(md.metadataVersion) === container)
    .map(({ device }) => device.name);
}

export const mdmonEndStep: StepKind<MdmonEnd> = {
  act: () => "mdmon end",
  verb: "stop mdmon of",
  name: ({ name }) => name,
  limitMs: () => 30_000,
  settleMs: 0,
};
