import { addPathEdges } from "../../teardown/graph/file-edges.ts";
import type { NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot } from "../../teardown/snapshot/base.ts";
import {
  type Field,
  get,
  readBoolean,
  readDev,
  readFlag,
  readOptional,
  readString,
} from "../../text/read-field.ts";
import { showBytes } from "../../text/show-bytes.ts";

export interface LoopField {
  readonly loop?: LoopState;
}

export interface LoopState {
  /** As /sys/block/loopN/loop/backing_file shows it. */
  readonly backingFile: string;
  /**
   * "major:minor" of the file system that holds the file, or of the block device itself.
   * Absent if it cannot be determined.
   */
  readonly backingDev?: string;
  readonly autoclear: boolean;
  /**
   * The kernel has claimed it, for example for a mounted file system. Absent if it has not, or on a
   * running machine, where this is not tested.
   */
  readonly claimed?: true;
}

export interface LoopNode {
  readonly kind: "loop";
  readonly id: NodeId;
  readonly device: BaseDevice;
  readonly loop: LoopState;
}

export interface LoopDetach {
  readonly kind: "loop-detach";
  readonly name: string;
  readonly dev: string;
}

/**
 * The number of a file system that the kernel cannot query any more: a FUSE whose server is gone.
 * The file may then be on any mount that its path could lead to.
 */
const UNKNOWN_DEV = "unknown";

export function readLoop(field: Field): LoopState {
  return {
    backingFile: readString(get(field, "backingFile")),
    ...readOptional(field, "backingDev", readDev),
    autoclear: readBoolean(get(field, "autoclear")),
    ...readFlag(field, "claimed"),
  };
}

export const loopGraph: KindGraph<BaseSnapshot<BaseDevice & LoopField>, LoopNode> = {
  nodes: ({ devices }) =>
    devices.flatMap((device) =>
      device.loop === undefined || device.partitionOf !== undefined
        ? []
        : { kind: "loop", id: blockNodeId(device.dev), device, loop: device.loop },
    ),
  addEdges({ devices: all }, { mounts, devices }, edges) {
    for (const { dev, loop, partitionOf } of all) {
      if (loop === undefined || partitionOf !== undefined) continue;
      const { backingFile, backingDev = UNKNOWN_DEV } = loop;
      addPathEdges(blockNodeId(dev), backingFile, backingDev, mounts, devices, edges);
    }
  },
  listInUse: ({ devices }) =>
    // A device that does not answer may be in use.
    devices.flatMap(({ dev, loop, mute }) =>
      loop !== undefined && (mute || loop.claimed) ? [dev] : [],
    ),
};

export const loopNode: NodeKind<LoopNode, LoopDetach> = {
  rank: 3,
  isDevice: true,
  name: ({ device }) => device.name,
  describe: ({ loop }) => showBytes(loop.backingFile),
  step: ({ device: { name, dev } }) => ({ kind: "loop-detach", name, dev }),
};

export const loopDetachStep: StepKind<LoopDetach> = {
  act: () => "loop detach",
  verb: "detach",
  name: ({ name }) => name,
  limitMs: () => 20_000,
  // It begins with an fsync(2) of the device.
  followsProgress: true,
  // A loop device that something still has open detaches at its last close.
  settleMs: 100,
};
