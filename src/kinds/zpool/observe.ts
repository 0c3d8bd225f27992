import type { AskPorts } from "../../observe/ask-ports.ts";
import type { DeviceObserver } from "../../observe/device-observer.ts";
import { listOrNone, readOrEmpty } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import type { Snapshot } from "../kinds.ts";
import type { Pool, ZfsField, ZvolField } from "./state.ts";

const POOLS = "/proc/spl/kstat/zfs";

export const zvolObserver: DeviceObserver<ZvolField> = {
  matches: (entry) => /^zd[0-9]+$/.test(entry),
  // BLKZNAME opens the device, and a zvol's first open waits for the pool.
  findAsk:
    ({ name }) =>
    ({ reader }) => {
      const zvol = attempt(() => reader.readZvolName(name));
      return zvol === undefined ? {} : { zvol };
    },
};

/** The imported pools, without their devices: those cost reads of disks. */
export function observePools(reader: Reader): ZfsField {
  const version = readOrEmpty("/sys/module/zfs/version", reader);
  if (version === "") return {};
  const pools: Pool[] = [];
  for (const name of listOrNone(POOLS, reader)) {
    const state = readOrEmpty(`${POOLS}/${name}/state`, reader);
    if (state !== "") pools.push({ name, state: state.trim(), devices: [] });
  }
  return { zfs: { version: version.trim(), pools } };
}

/**
 * The devices that may belong to a pool: neither ZFS nor sysfs says which it has,
 * so that they are those which nothing else is seen to use.
 */
export function listPoolCandidates(snapshot: Snapshot): readonly string[] {
  if (snapshot.zfs === undefined || snapshot.zfs.pools.length === 0) return [];
  const usedNames = new Set<string>();
  const usedDevs = new Set<string>();
  for (const mount of snapshot.mounts) usedDevs.add(mount.dev);
  for (const swap of snapshot.swaps) usedDevs.add(swap.dev ?? "");
  for (const device of snapshot.devices) {
    for (const name of device.slaves) usedNames.add(name);
    if (device.partitionOf !== undefined) usedNames.add(device.partitionOf);
  }
  return snapshot.devices
    .filter(({ name, dev }) => !usedNames.has(name) && !usedDevs.has(dev))
    .map(({ name }) => name);
}

/**
 * The pool that a device belongs to, by its label; "" for none. It reads the
 * disk, which blocks where the disk is dead.
 */
export function readPoolOf(name: string, { reader, claims }: AskPorts): string {
  // ZFS opens its devices for itself alone: what is not claimed has an old label. Outside the
  // exitrd that is not tried, and an old label is believed.
  if (claims !== undefined && attempt(() => claims.isClaimed(name)) !== true) return "";
  return attempt(() => reader.readPoolLabel(name)) ?? "";
}

/** Completes a snapshot with the pools' devices: `pools` has the pool that each label names. */
export function addPoolDevices(snapshot: Snapshot, pools: ReadonlyMap<string, string>): Snapshot {
  const { zfs } = snapshot;
  if (zfs === undefined) return snapshot;
  // Again, since it is known by now what the swaps lie on.
  const candidates = listPoolCandidates(snapshot);
  const complete = zfs.pools.map((pool) => ({
    ...pool,
    devices: candidates.filter((name) => pools.get(name) === pool.name),
  }));
  return { ...snapshot, zfs: { ...zfs, pools: complete } };
}
