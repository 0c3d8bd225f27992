import { mountNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { showBytes } from "../../text/show-bytes.ts";
import { findServer, hasServer, isApiFileSystem } from "../file-systems.ts";
import { addCoverEdges } from "./cover-edges.ts";
import { isDetached } from "./detach-hung.ts";
import { detachImages } from "./detach-images.ts";
import { addMountEdges } from "./edges.ts";
import { findTrees, type MountNode, nameMount } from "./node.ts";

export interface Umount {
  readonly kind: "umount";
  readonly target: string;
  readonly mountId: number;
  /**
   * MNT_DETACH: only for API file systems, which use no device, for a mount that contains the image
   * file of its own root (`detach-images.ts`), and for one that hung (`detach-hung.ts`) or that
   * nothing else releases (`list-kept.ts`).
   */
  readonly lazy: boolean;
  /** MNT_DETACH after a sync: with it go mounts whose paths are too long (`mountinfo.ts`). */
  readonly tree?: true;
  /** A server serves it: a process (FUSE), or another machine. */
  readonly served: boolean;
  /**
   * MNT_FORCE: aborts the requests that still wait for the server, which has been ended or did not
   * answer in time.
   */
  readonly force: boolean;
  /** The machine that serves it, if the source names one. */
  readonly server?: string;
}

export const mountGraph: KindGraph<BaseSnapshot, MountNode> = {
  nodes({ mounts }) {
    const trees = findTrees(mounts);
    return mounts.map((mount) => ({
      kind: "mount",
      id: mountNodeId(mount.id),
      mount,
      ...(trees.has(mount.id) ? { isTree: true } : {}),
    }));
  },
  addEdges({ mounts }, { mounts: index, devices }, edges) {
    for (const mount of mounts) addMountEdges(mount, index, devices, edges);
    addCoverEdges(index, edges);
  },
  breakCycles: detachImages,
};

export const mountNode: NodeKind<MountNode, Umount> = {
  rank: 2,
  isDevice: false,
  name: ({ mount }) => nameMount(mount),
  describe({ mount }, on) {
    return showBytes(mount.fsType) + (on.length === 0 ? "" : ` on ${on.join(", ")}`);
  },
  countsAs: ({ mount }) => (isApiFileSystem(mount.fsType) ? "api-mount" : "layer"),
  step(node, { mark, policy }) {
    const { target, id: mountId, fsType, source } = node.mount;
    const served = hasServer(fsType);
    const isHeld = isDetached(node, policy);
    const server = findServer(fsType, source);
    return {
      kind: "umount",
      target,
      mountId,
      ...(node.isTree ? { tree: true } : {}),
      lazy: isApiFileSystem(fsType) || mark !== undefined || isHeld,
      served,
      force: served && isHeld && policy.hung?.has(node.id) === true,
      ...(server === undefined ? {} : { server }),
    };
  },
  describeReleased({ mount }, step, _remark, what) {
    return step.lazy && !isApiFileSystem(mount.fsType) ? `${what}, detached` : what;
  },
};

export const umountStep: StepKind<Umount> = {
  act: () => "umount",
  verb: "unmount",
  name: ({ target, mountId }) => nameMount({ target, id: mountId }),
  // A disk in standby takes 15 s to answer; writing back a full page cache takes as long as data
  // moves. If a server does not answer, there must be time to kill it.
  limitMs: ({ served, lazy }) => (served ? 20_000 : lazy ? 10_000 : 30_000),
  isShort: ({ served, lazy }) => served || lazy,
  settleMs: 0,
  followsProgress: true,
  waitsForServer: ({ served }) => served,
  // MNT_FORCE waits for no server, and helps if another mount of it hung.
  server: ({ server, force }) => (force ? undefined : server),
  givesUpData: ({ force }) => force,
};
