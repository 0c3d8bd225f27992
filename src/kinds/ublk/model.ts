import { findCycles } from "../../teardown/graph/find-cycles.ts";
import type { Graph } from "../../teardown/graph/graph.ts";
import type { AnyNode, NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId } from "../../teardown/graph/node-id.ts";
import type { Broken, KindGraph, NodeKind } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { type Field, get, readNumber, readOptional } from "../../text/read-field.ts";
import { addServerEdges, makeProcessNode, type ProcessNode } from "../storage-server/model.ts";
import { processNodeId, readServer, type StorageServer } from "../storage-server/state.ts";

export interface UblkField {
  readonly ublk?: UblkState;
}

/** A block device that a process serves through /dev/ublkcN and io_uring. */
export interface UblkState {
  /** The number in its name: 0 for ublkb0. */
  readonly id: number;
  /** Absent if that process is not a storage daemon: then it has been killed. */
  readonly server?: StorageServer;
}

/** It has no step: it vanishes with its server (kernel: drivers/block/ublk_drv.c). */
export interface UblkNode {
  readonly kind: "ublk";
  readonly id: NodeId;
  readonly device: BaseDevice;
}

export function readUblk(field: Field): UblkState {
  return { id: readNumber(get(field, "id")), ...readOptional(field, "server", readServer) };
}

export const ublkGraph: KindGraph<BaseSnapshot<BaseDevice & UblkField>, UblkNode | ProcessNode> = {
  nodes: ({ devices }) =>
    devices.flatMap((device): readonly (UblkNode | ProcessNode)[] => {
      const server = device.ublk?.server;
      if (server === undefined) return [];
      const served = devices.filter(({ ublk }) => ublk?.server?.pid === server.pid);
      return [
        { kind: "ublk", id: blockNodeId(device.dev), device },
        makeProcessNode(
          server,
          served.map(({ name }) => name),
        ),
      ];
    }),
  addEdges({ devices }, { mounts }, edges) {
    for (const { dev, ublk } of devices) {
      if (ublk?.server === undefined) continue;
      edges.add(blockNodeId(dev), processNodeId(ublk.server.pid));
      addServerEdges([ublk.server], mounts, edges);
    }
  },
  breakCycles: releaseOwnFiles,
};

/**
 * Breaks the cycle of a server that has files on its own device: the edges to them are removed, so
 * that everything on the device but the mount with these files is released in order.
 */
function releaseOwnFiles<N extends AnyNode>(graph: Graph<N>): Broken<N> {
  const isKind = (id: NodeId, kind: string): boolean => graph.nodes.get(id)?.kind === kind;
  const hasUblk = [...graph.nodes.values()].some(({ kind }) => kind === "ublk");
  const backings = new Map(graph.backings);
  for (const cycle of hasUblk ? findCycles(graph) : []) {
    const members = new Set(cycle);
    if (!cycle.some((id) => isKind(id, "ublk"))) continue;
    for (const id of cycle.filter((member) => isKind(member, "process"))) {
      const others = (backings.get(id) ?? []).filter((backing) => !members.has(backing));
      backings.set(id, others);
    }
  }
  return { graph: { nodes: graph.nodes, backings }, marks: new Map() };
}

export const ublkNode: NodeKind<UblkNode, never> = {
  rank: 4,
  isDevice: true,
  name: ({ device }) => device.name,
  describe: () => "ublk",
  goesWithBacking: true,
};
