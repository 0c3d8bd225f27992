import type { NodeId } from "../../teardown/graph/node.ts";
import { blockNodeId, mountNodeId } from "../../teardown/graph/node-id.ts";
import type { KindGraph, NodeKind, StepKind } from "../../teardown/kind.ts";
import type { BaseDevice, BaseSnapshot } from "../../teardown/snapshot/base.ts";
import { showBytes } from "../../text/show-bytes.ts";
import { isKnownZfsVersion, readPoolOfDataset } from "./protocol.ts";
import type { Pool, ZfsField, ZvolField } from "./state.ts";

export interface PoolNode {
  readonly kind: "zpool";
  readonly id: NodeId;
  readonly pool: Pool;
  /** The version of the ZFS module. */
  readonly version: string;
}

/** A block device of a pool: it is released together with the pool. */
export interface ZvolNode {
  readonly kind: "zvol";
  readonly id: NodeId;
  readonly device: BaseDevice & ZvolField;
}

export interface PoolExport {
  readonly kind: "zpool-export";
  readonly name: string;
  /** Leaves the labels unchanged: the pool is released, but not marked as exported. */
  readonly hardForce: boolean;
}

function poolNodeId(name: string): NodeId {
  return `zpool:${name}`;
}

type Seen = BaseSnapshot<BaseDevice & ZvolField> & ZfsField;

export const zpoolGraph: KindGraph<Seen, PoolNode | ZvolNode> = {
  nodes({ devices, zfs }) {
    const pools = zfs?.pools ?? [];
    const names = new Set(pools.map(({ name }) => name));
    return [
      ...pools.map(
        (pool): PoolNode => ({
          kind: "zpool",
          id: poolNodeId(pool.name),
          pool,
          version: zfs?.version ?? "",
        }),
      ),
      ...devices.flatMap((device): ZvolNode[] =>
        device.zvol !== undefined && names.has(readPoolOfDataset(device.zvol))
          ? [{ kind: "zvol", id: blockNodeId(device.dev), device }]
          : [],
      ),
    ];
  },
  // Datasets and zvols use their pool.
  addEdges({ mounts, devices: all }, _indexes, edges) {
    for (const { id, fsType, source } of mounts) {
      if (fsType === "zfs") edges.add(mountNodeId(id), poolNodeId(readPoolOfDataset(source)));
    }
    for (const { dev, zvol } of all) {
      if (zvol !== undefined) edges.add(blockNodeId(dev), poolNodeId(readPoolOfDataset(zvol)));
    }
  },
  // And the pool uses its devices, unless something else does: not each of them was asked for its label.
  addLateEdges({ zfs }, { devices }, edges) {
    if (zfs === undefined) return;
    const held = new Set([...edges.certain.values()].flat());
    for (const pool of zfs.pools) {
      for (const name of pool.devices) {
        const id = blockNodeId(devices.byName.get(name)?.dev ?? "");
        if (!held.has(id)) edges.addDoubt(poolNodeId(pool.name), id);
      }
    }
  },
};

export const zpoolNode: NodeKind<PoolNode, PoolExport> = {
  rank: 3,
  isDevice: true,
  name: ({ pool }) => pool.name,
  describe: ({ pool }) =>
    pool.state === "ONLINE" ? "ZFS pool" : `ZFS pool, ${showBytes(pool.state.toLowerCase())}`,
  stay({ version }, policy) {
    if (policy.zfs === "leave") return { kind: "policy" };
    return isKnownZfsVersion(version) ? undefined : { kind: "unknown-version", version };
  },
  step: ({ pool }, { policy }) => ({
    kind: "zpool-export",
    name: pool.name,
    hardForce: policy.zfs === "release",
  }),
};

export const zvolNode: NodeKind<ZvolNode, never> = {
  rank: 4,
  isDevice: true,
  name: ({ device }) => device.name,
  describe: ({ device }) => `zvol ${showBytes(device.zvol ?? "")}`,
  goesWithBacking: true,
};

export const poolExportStep: StepKind<PoolExport> = {
  act: ({ hardForce }) => (hardForce ? "zpool release" : "zpool export"),
  verb: "export",
  name: ({ name }) => name,
  limitMs: () => 60_000,
  settleMs: 0,
  followsProgress: true,
};
