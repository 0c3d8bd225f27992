import type { AskPorts } from "../../observe/ask-ports.ts";
import type { DeviceObserver } from "../../observe/device-observer.ts";
import type { Inquiry } from "../../observe/inquiry.ts";
import { readUdev } from "../../observe/read-udev.ts";
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

/** The imported pools without their devices, which only disks show. */
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

/** A device, and the name of the only pool, if there are not several. */
interface Candidate {
  readonly name: string;
  readonly only: string | undefined;
}

/** To which pool a disk belongs; without a name, that is not known. */
export const labelInquiry: Inquiry<Candidate, { readonly pool?: string | undefined }> = {
  listQuestions(snapshot) {
    const [first, second] = snapshot.zfs?.pools ?? [];
    const only = second === undefined ? first?.name : undefined;
    return listCandidates(snapshot).map((name) => ({ name, only }));
  },
  deviceOf: ({ name }) => name,
  readsDisk: true,
  ask: (candidate, ports) => ({ pool: readPoolOf(candidate, ports) }),
  addReplies(snapshot, replies) {
    const { zfs } = snapshot;
    if (zfs === undefined) return snapshot;
    const byName = new Map(replies.map((reply) => [reply.question.name, reply]));
    const devices = snapshot.devices.map((device) => ({
      ...device,
      ...byName.get(device.name)?.mark,
    }));
    // Listed again, because the devices of swaps are known now.
    const candidates = listCandidates(snapshot);
    const pools = zfs.pools.map((pool) => ({
      ...pool,
      devices: candidates.filter((name) => {
        const found = byName.get(name)?.answer?.pool;
        return found === undefined || found === pool.name;
      }),
    }));
    return { ...snapshot, devices, zfs: { ...zfs, pools } };
  },
};

/**
 * Lists the devices that may belong to a pool. Neither ZFS nor sysfs shows which do, so these are
 * all devices without another known user.
 */
function listCandidates(snapshot: Snapshot): readonly string[] {
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
 * The pool that a device belongs to; "" for none, undefined if its label cannot be read. May block if
 * the disk is dead or in standby.
 */
function readPoolOf({ name, only }: Candidate, { reader, claims }: AskPorts): string | undefined {
  const readLabel = () => attempt(() => reader.readPoolLabel(name) ?? "");
  // On a running machine the claim cannot be tested, and an old label is believed.
  if (claims === undefined) return readKnownPool(name, reader) ?? readLabel() ?? "";
  // ZFS opens its devices exclusively, so a label on a device that is not claimed is old. That a device
  // is claimed, the kernel knows without asking it. Another user than the only pool may have claimed
  // it: then it waits for the pool, and is named if it stays.
  return attempt(() => claims.isClaimed(name)) === true ? (only ?? readLabel()) : "";
}

/**
 * The same from udev's database: reading the label would wake a disk from standby, which takes longer
 * than any answer may. Undefined where it knows nothing, for example after 'zpool create', which does
 * not inform it.
 */
function readKnownPool(name: string, reader: Reader): string | undefined {
  const dev = readOrEmpty(`/sys/class/block/${name}/dev`, reader).trim();
  const find = readUdev(dev, reader);
  const type = find("ID_FS_TYPE") ?? find("ID_PART_TABLE_TYPE");
  if (type !== "zfs_member") return type && "";
  return find("ID_FS_LABEL_ENC")?.replace(/\\x([0-9a-f]{2})/g, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
