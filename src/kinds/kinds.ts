import type { KindGraph, NodeKind, ReadMember, StepKind } from "../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot, MultiDevice } from "../teardown/snapshot/base.ts";
import { readMultiDevices } from "../teardown/snapshot/read-multi-devices.ts";
import { readList, readString } from "../text/read-field.ts";
import * as bcache from "./bcache/model.ts";
import * as bcachefs from "./bcachefs/model.ts";
import * as btrfs from "./btrfs/model.ts";
import * as disk from "./disk/model.ts";
import * as dm from "./dm/model.ts";
import type { DmNode, GateNode } from "./dm/node.ts";
import { type DmField, readDm } from "./dm/state.ts";
import * as drbd from "./drbd/model.ts";
import * as exports from "./export/model.ts";
import { type ExportsField, readExports } from "./export/state.ts";
import * as ext4 from "./ext4/model.ts";
import * as fuse from "./fuse/model.ts";
import { type FuseServersField, readFuseServers } from "./fuse/state.ts";
import * as loop from "./loop/model.ts";
import * as md from "./md/model.ts";
import { type MdField, readMd } from "./md/state.ts";
import * as mdmon from "./mdmon/model.ts";
import * as mount from "./mount/model.ts";
import type { MountNode } from "./mount/node.ts";
import * as nbd from "./nbd/model.ts";
import * as nsfs from "./nsfs/model.ts";
import * as overlay from "./overlay/model.ts";
import * as rbd from "./rbd/model.ts";
import * as session from "./session/model.ts";
import { readSessions, type SessionsField } from "./session/state.ts";
import * as storageServer from "./storage-server/model.ts";
import * as swap from "./swap/model.ts";
import type { SwapFields } from "./swap/state.ts";
import * as ublk from "./ublk/model.ts";
import type { UprobesField } from "./uprobe/model.ts";
import * as zpool from "./zpool/model.ts";
import { readZfs, type ZfsField, type ZvolField } from "./zpool/state.ts";
import * as zram from "./zram/model.ts";

// The table of all kinds: the union types are made from it, and graph, plan and report use it. A
// new kind has a folder, a line in each list below, and one in `observed.ts` and `released.ts`.

/** The members that kinds add to a block device of the snapshot. */
export interface DeviceFields
  extends loop.LoopField,
    DmField,
    MdField,
    zram.ZramField,
    bcache.BcacheField,
    nbd.NbdField,
    rbd.RbdField,
    drbd.DrbdField,
    ublk.UblkField,
    ZvolField {}

/** The members that kinds add to the snapshot itself. */
export interface SnapshotFields
  extends SwapFields,
    btrfs.BtrfsField,
    bcachefs.BcachefsField,
    bcache.BcacheSetsField,
    ext4.JournalsField,
    SessionsField,
    FuseServersField,
    ExportsField,
    UprobesField,
    ZfsField {}

/**
 * A whole snapshot, as `exitrd snapshot` writes it. Lists are sorted, so that snapshots can be
 * compared.
 */
export interface Snapshot extends BaseSnapshot<BlockDevice>, SnapshotFields {}

export interface BlockDevice extends BaseDevice, DeviceFields {}

/** Something that holds or is held by something else, and that a step can release. */
export type Node =
  | MountNode
  | swap.SwapNode
  | loop.LoopNode
  | DmNode
  | GateNode
  | md.MdNode
  | mdmon.MdmonNode
  | zram.ZramNode
  | bcache.BcacheNode
  | bcache.BcacheSetNode
  | nbd.NbdNode
  | rbd.RbdNode
  | drbd.DrbdNode
  | drbd.DrbdResourceNode
  | drbd.DrbdVolumeNode
  | zpool.PoolNode
  | zpool.ZvolNode
  | storageServer.ProcessNode
  | ublk.UblkNode
  | session.SessionNode
  | session.RemoteNode
  | exports.ExportNode
  | disk.PartitionNode
  | disk.DiskNode;

/** One action that releases a node. */
export type Step =
  | mount.Umount
  | swap.SwapOff
  | loop.LoopDetach
  | bcache.BcacheStop
  | bcache.BcacheSetStop
  | nbd.NbdDisconnect
  | rbd.RbdUnmap
  | zram.ZramReset
  | dm.DmRemove
  | dm.DmUnblock
  | mdmon.MdmonEnd
  | storageServer.ProcessEnd
  | md.MdStop
  | drbd.DrbdDown
  | session.SessionClose
  | exports.Unexport
  | zpool.PoolExport;

/** What happened to the data when a step released its node. */
export type Effect =
  /** Not all of its data could be written. */
  "data-lost" | bcache.BcacheEffect;

/**
 * The order matters only for the methods for which `KindGraph` says so: FUSE servers must be linked
 * before gates are added.
 */
export const GRAPHS: readonly KindGraph<Snapshot, Node>[] = [
  disk.diskGraph,
  mdmon.mdmonGraph,
  mount.mountGraph,
  swap.swapGraph,
  loop.loopGraph,
  md.mdGraph,
  zram.zramGraph,
  bcache.bcacheGraph,
  nbd.nbdGraph,
  rbd.rbdGraph,
  drbd.drbdGraph,
  zpool.zpoolGraph,
  session.sessionGraph,
  exports.exportGraph,
  ext4.ext4Graph,
  btrfs.btrfsGraph,
  bcachefs.bcachefsGraph,
  overlay.overlayGraph,
  nsfs.nsfsGraph,
  fuse.fuseGraph,
  ublk.ublkGraph,
  dm.dmGraph,
];

const NODE_KINDS: {
  readonly [K in Node["kind"]]: NodeKind<Extract<Node, { readonly kind: K }>, Step, Effect>;
} = {
  mount: mount.mountNode,
  swap: swap.swapNode,
  loop: loop.loopNode,
  dm: dm.dmNode,
  gate: dm.gateNode,
  md: md.mdNode,
  mdmon: mdmon.mdmonNode,
  zram: zram.zramNode,
  bcache: bcache.bcacheNode,
  "bcache-set": bcache.bcacheSetNode,
  nbd: nbd.nbdNode,
  rbd: rbd.rbdNode,
  drbd: drbd.drbdNode,
  "drbd-resource": drbd.drbdResourceNode,
  "drbd-volume": drbd.drbdVolumeNode,
  zpool: zpool.zpoolNode,
  zvol: zpool.zvolNode,
  process: storageServer.processNode,
  ublk: ublk.ublkNode,
  session: session.sessionNode,
  remote: session.remoteNode,
  export: exports.exportNode,
  partition: disk.partitionNode,
  disk: disk.diskNode,
};

const STEP_KINDS: {
  readonly [K in Step["kind"]]: StepKind<Extract<Step, { readonly kind: K }>>;
} = {
  umount: mount.umountStep,
  swapoff: swap.swapOffStep,
  "loop-detach": loop.loopDetachStep,
  "bcache-stop": bcache.bcacheStopStep,
  "bcache-set-stop": bcache.bcacheSetStopStep,
  "nbd-disconnect": nbd.nbdDisconnectStep,
  "rbd-unmap": rbd.rbdUnmapStep,
  "zram-reset": zram.zramResetStep,
  "dm-remove": dm.dmRemoveStep,
  "dm-unblock": dm.dmUnblockStep,
  "mdmon-end": mdmon.mdmonEndStep,
  "process-end": storageServer.processEndStep,
  "md-stop": md.mdStopStep,
  "drbd-down": drbd.drbdDownStep,
  "session-close": session.sessionCloseStep,
  unexport: exports.unexportStep,
  "zpool-export": zpool.poolExportStep,
};

/** The JSON readers of the members that kinds add, in the order of the text. */
export const DEVICE_MEMBERS: {
  readonly [K in keyof DeviceFields]-?: ReadMember<NonNullable<DeviceFields[K]>>;
} = {
  loop: loop.readLoop,
  dm: readDm,
  md: readMd,
  zram: zram.readZram,
  bcache: bcache.readBcache,
  nbd: nbd.readNbd,
  rbd: rbd.readRbd,
  drbd: drbd.readDrbd,
  ublk: ublk.readUblk,
  zvol: readString,
};

export const SNAPSHOT_MEMBERS: {
  readonly [K in keyof SnapshotFields]-?: ReadMember<NonNullable<SnapshotFields[K]>>;
} = {
  swaps: swap.readSwaps,
  memory: swap.readMemory,
  btrfs: readMultiDevices,
  bcachefs: readMultiDevices,
  bcacheSets: readMultiDevices,
  journals: (list) => readList(list, readString),
  sessions: readSessions,
  fuseServers: readFuseServers,
  exports: readExports,
  uprobes: (list) => readList(list, readString),
  zfs: readZfs,
};

/** The file systems on several devices, of all kinds. */
export function listMultiDevices(snapshot: Snapshot): readonly MultiDevice[] {
  return GRAPHS.flatMap((kind) => kind.listMultiDevices?.(snapshot) ?? []);
}

/** The kinds of steps that `StepTimeout=` accepts. */
export const STEP_NAMES: readonly Step["kind"][] = Object.keys(STEP_KINDS) as Step["kind"][];

export function nodeKindOf<N extends Node>(node: N): NodeKind<N, Step, Effect> {
  // The table is exhaustive by type; tsc cannot follow a node to its own row.
  return NODE_KINDS[node.kind] as unknown as NodeKind<N, Step, Effect>;
}

export function stepKindOf<S extends Step>(step: S): StepKind<S> {
  return STEP_KINDS[step.kind] as unknown as StepKind<S>;
}
