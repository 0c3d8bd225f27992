import { blockNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { showBytes } from "../../text/show-bytes.ts";
import { addGates } from "./gates.ts";
import { type DmMessage, listLastMessages, listUnblockingMessages } from "./messages.ts";
import type { DmNode, GateNode } from "./node.ts";
import type { DmField } from "./state.ts";

export interface DmRemove {
  readonly kind: "dm-remove";
  readonly name: string;
  readonly dev: string;
  /** Sent first: they make the target write back all its data. */
  readonly messages: readonly DmMessage[];
}

/** Lets I/O pass again, before anything on the device is touched. */
export interface DmUnblock {
  readonly kind: "dm-unblock";
  readonly name: string;
  readonly dev: string;
  readonly resume: boolean;
  readonly messages: readonly DmMessage[];
}

export const dmGraph: KindGraph<BaseSnapshot<BaseDevice & DmField>, DmNode | GateNode> = {
  nodes: ({ devices }) =>
    devices.flatMap((device) =>
      device.dm === undefined || device.partitionOf !== undefined
        ? []
        : { kind: "dm", id: blockNodeId(device.dev), device, dm: device.dm },
    ),
  listInUse: ({ devices }) =>
    // A device that does not answer may be in use.
    devices.flatMap(({ dev, dm, mute }) =>
      dm !== undefined && (mute || dm.openCount > 0) ? [dev] : [],
    ),
  listAliases: ({ devices }) =>
    devices.flatMap(({ dev, dm }): (readonly [string, string])[] =>
      dm === undefined
        ? []
        : [
            [`mapper/${dm.name}`, dev],
            [splitLvmName(dm.name), dev],
          ],
    ),
  addEdges({ devices }, _index, edges) {
    const ofType = (...types: readonly string[]) =>
      devices.filter(({ dm }) => dm?.targets.some(({ type }) => types.includes(type)));
    // Without its snapshot, an origin no longer copies what is overwritten (drivers/md/dm-snap.c,
    // do_origin): the snapshot would contain what is written by the unmount.
    const snapshots = ofType("snapshot");
    for (const origin of ofType("snapshot-origin", "snapshot-merge")) {
      for (const snapshot of snapshots) {
        const isIts = snapshot.slaves.some((name) => origin.slaves.includes(name));
        if (isIts) edges.addDoubt(blockNodeId(origin.dev), blockNodeId(snapshot.dev));
      }
    }
  },
  refine: addGates,
};

/** "VG/LV": LVM doubles the dashes within each part of a name and joins the parts by one. */
function splitLvmName(name: string): string {
  return name
    .split("--")
    .map((part) => part.replaceAll("-", "/"))
    .join("-");
}

export const dmNode: NodeKind<DmNode, DmRemove> = {
  rank: 3,
  isDevice: true,
  name: ({ dm }) => dm.name,
  describe({ dm, device }) {
    if (dm.targets.length === 0 && device.mute) return "dm";
    const types = [...new Set(dm.targets.map(({ type }) => type))].sort();
    return types.length === 0 ? "no table" : showBytes(types.join(", "));
  },
  step: ({ device, dm }) => ({
    kind: "dm-remove",
    name: dm.name,
    dev: device.dev,
    messages: listLastMessages(dm),
  }),
  // Its destructor clears the key from memory (drivers/md/dm-crypt.c, kfree_sensitive).
  describeReleased: ({ dm }, _step, _remark, what) =>
    dm.targets.some(({ type }) => type === "crypt") ? `${what}, key wiped` : what,
};

export const gateNode: NodeKind<GateNode, DmUnblock> = {
  rank: 0,
  isDevice: true,
  name: ({ dm }) => dm.name,
  describe: ({ dm }) => (dm.suspended ? "suspended" : "multipath, queueing"),
  countsAs: () => "nothing",
  step: ({ device, dm }) => ({
    kind: "dm-unblock",
    name: dm.name,
    dev: device.dev,
    resume: dm.suspended,
    messages: listUnblockingMessages(dm),
  }),
};

export const dmRemoveStep: StepKind<DmRemove> = {
  act: () => "dm remove",
  verb: "remove",
  name: ({ name }) => name,
  // Writing back a whole cache takes long; its contents are committed before.
  limitMs: ({ messages }) => (messages.length > 0 ? 60_000 : 20_000),
  // Another removal may have started before.
  settleMs: 3_000,
  followsProgress: true,
};

export const dmUnblockStep: StepKind<DmUnblock> = {
  act: ({ resume }) => (resume ? "dm resume" : "dm fail without path"),
  verb: "unblock",
  name: ({ name }) => name,
  limitMs: () => 20_000,
  settleMs: 0,
  opensGate: true,
};
