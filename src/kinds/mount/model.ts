import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { showBytes } from "../../text/show-bytes.ts";
import { hasServer, isApiFileSystem } from "../file-systems.ts";
import { addCoverEdges } from "./cover-edges.ts";
import { detachImages } from "./detach-images.ts";
import { addMountEdges } from "./edges.ts";
import type { MountNode } from "./node.ts";

export interface Umount {
  readonly kind: "umount";
  readonly target: string;
  readonly mountId: number;
  /**
   * MNT_DETACH: only for API file systems, which pin no device, and for
   * what holds the image file of its own root (`detach-images.ts`).
   */
  readonly lazy: boolean;
  /** A server answers for it: a process (FUSE), or another machine. */
  readonly served: boolean;
  /** MNT_FORCE: aborts what still waits for that server, which has been ended or had its time. */
  readonly force: boolean;
}

export const mountGraph: KindGraph<BaseSnapshot, MountNode> = {
  nodes: ({ mounts }) =>
    mounts.map((mount) => ({ kind: "mount", id: mountNodeId(mount.id), mount })),
  addEdges({ mounts }, { mounts: index, devices }, edges) {
    for (const mount of mounts) addMountEdges(mount, index, devices, edges);
    addCoverEdges(index, edges);
  },
  breakCycles: detachImages,
};

export const mountNode: NodeKind<MountNode, Umount> = {
  rank: 2,
  isDevice: false,
  name: ({ mount }) => mount.target,
  describe({ mount }, on) {
    return showBytes(mount.fsType) + (on.length === 0 ? "" : ` on ${on.join(", ")}`);
  },
  countsAs: ({ mount }) => (isApiFileSystem(mount.fsType) ? "api-mount" : "layer"),
  step({ mount }, { mark, policy }) {
    const served = hasServer(mount.fsType);
    return {
      kind: "umount",
      target: mount.target,
      mountId: mount.id,
      lazy: isApiFileSystem(mount.fsType) || mark !== undefined,
      served,
      force: served && policy.serversEnded === true,
    };
  },
  describeReleased({ mount }, step, _remark, what) {
    return step.lazy && !isApiFileSystem(mount.fsType) ? `${what}, detached` : what;
  },
};

export const umountStep: StepKind<Umount> = {
  act: () => "umount",
  verb: "unmount",
  name: ({ target }) => target,
  // Writing back a full page cache is slow. After a server that does not answer, there has to be
  // time for ending it.
  limitMs: ({ served, lazy }) => (served ? 20_000 : lazy ? 10_000 : 60_000),
  isShort: ({ served, lazy }) => served || lazy,
  settleMs: 0,
  followsWriteback: true,
  waitsForServer: ({ served }) => served,
};
