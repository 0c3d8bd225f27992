import type { NodeId } from "../../teardown/graph/node.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { addServedEdges, addServerEdges } from "./server-edges.ts";
import { type FuseServer, type FuseServersField, processNodeId } from "./state.ts";

/** A process that serves FUSE, and keeps busy what its files lie on. */
export interface ProcessNode {
  readonly kind: "process";
  readonly id: NodeId;
  readonly process: FuseServer;
}

export interface ProcessEnd {
  readonly kind: "process-end";
  readonly name: string;
  readonly pid: number;
  readonly startTime?: string | undefined;
}

export const fuseGraph: KindGraph<BaseSnapshot & FuseServersField, ProcessNode> = {
  nodes: ({ fuseServers = [] }) =>
    fuseServers.map((process) => ({ kind: "process", id: processNodeId(process.pid), process })),
  addEdges: ({ fuseServers = [] }, { mounts }, edges) => addServerEdges(fuseServers, mounts, edges),
  refine: addServedEdges,
};

export const processNode: NodeKind<ProcessNode, ProcessEnd> = {
  rank: 3,
  isDevice: false,
  name: ({ process }) => process.command,
  describe: ({ process }) => `process ${process.pid}`,
  step: ({ process: { command: name, pid, startTime } }) => ({
    kind: "process-end",
    name,
    pid,
    startTime,
  }),
};

export const processEndStep: StepKind<ProcessEnd> = {
  act: () => "process end",
  verb: "end",
  name: ({ name }) => name,
  limitMs: () => 20_000,
  settleMs: 0,
};
