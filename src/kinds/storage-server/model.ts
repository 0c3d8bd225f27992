import type { EdgeList } from "../../teardown/graph/edges.ts";
import type { MountIndex } from "../../teardown/graph/mount-index.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { NodeKind, StepKind } from "../../teardown/kind.ts";
import { isApiFileSystem } from "../file-systems.ts";
import { processNodeId, type StorageServer } from "./state.ts";

/** A server, which keeps the mounts and devices of its open files busy. */
export interface ProcessNode {
  readonly kind: "process";
  readonly id: NodeId;
  readonly process: StorageServer;
  /** The block devices that vanish with it. */
  readonly served: readonly string[];
}

export interface ProcessEnd {
  readonly kind: "process-end";
  readonly name: string;
  readonly pid: number;
  readonly startTime?: string | undefined;
  readonly served: readonly string[];
}

export function makeProcessNode(
  process: StorageServer,
  served: readonly string[] = [],
): ProcessNode {
  return { kind: "process", id: processNodeId(process.pid), process, served };
}

/**
 * Adds edges from servers to the mounts and devices of their open files, which they keep busy until
 * they exit.
 */
export function addServerEdges(
  servers: readonly StorageServer[],
  mounts: MountIndex,
  edges: EdgeList,
): void {
  for (const { pid, fileSystems, devices } of servers) {
    const id = processNodeId(pid);
    for (const mount of fileSystems.flatMap((dev) => mounts.byDev.get(dev) ?? [])) {
      if (!isApiFileSystem(mount.fsType)) edges.add(id, mountNodeId(mount.id));
    }
    for (const dev of devices) edges.add(id, blockNodeId(dev));
  }
}

export const processNode: NodeKind<ProcessNode, ProcessEnd> = {
  rank: 3,
  isDevice: false,
  name: ({ process }) => process.command,
  describe: ({ process }) => `process ${process.pid}`,
  step: ({ process: { command: name, pid, startTime }, served }) => ({
    kind: "process-end",
    name,
    pid,
    startTime,
    served,
  }),
};

export const processEndStep: StepKind<ProcessEnd> = {
  act: () => "process end",
  verb: "stop",
  name: ({ name }) => name,
  limitMs: () => 20_000,
  settleMs: 0,
};
