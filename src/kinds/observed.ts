import type { DeviceObserver } from "../observe/device-observer.ts";
import type { Reader } from "../port/teardown.ts";
import { bcacheObserver, observeBcacheSets } from "./bcache/observe.ts";
import { observeBcachefs } from "./bcachefs/observe.ts";
import { observeBtrfs } from "./btrfs/observe.ts";
import { dmObserver } from "./dm/observe.ts";
import { drbdObserver } from "./drbd/observe.ts";
import { observeJournals } from "./ext4/observe.ts";
import type { DeviceFields, SnapshotFields } from "./kinds.ts";
import { loopObserver } from "./loop/observe.ts";
import { mdObserver } from "./md/observe.ts";
import { nbdObserver } from "./nbd/observe.ts";
import { rbdObserver } from "./rbd/observe.ts";
import { observeSessions } from "./session/observe.ts";
import { observeMemory, observeSwaps } from "./swap/observe.ts";
import { ublkObserver } from "./ublk/observe.ts";
import { observePools, zvolObserver } from "./zpool/observe.ts";
import { zramObserver } from "./zram/observe.ts";

/** How each kind is seen: one line for each member that a kind adds to the snapshot. */

const DEVICE_OBSERVERS: {
  readonly [K in keyof DeviceFields]-?: DeviceObserver<Pick<DeviceFields, K>>;
} = {
  loop: loopObserver,
  dm: dmObserver,
  md: mdObserver,
  zram: zramObserver,
  bcache: bcacheObserver,
  nbd: nbdObserver,
  rbd: rbdObserver,
  drbd: drbdObserver,
  ublk: ublkObserver,
  zvol: zvolObserver,
};

/** By the text of /proc and /sys alone. `question.ts` asks for the others, in children. */
const OBSERVERS: {
  readonly [K in Exclude<keyof SnapshotFields, "fuseServers" | "exports">]-?: (
    reader: Reader,
  ) => Pick<SnapshotFields, K>;
} = {
  swaps: observeSwaps,
  memory: observeMemory,
  btrfs: observeBtrfs,
  bcachefs: observeBcachefs,
  bcacheSets: observeBcacheSets,
  journals: observeJournals,
  sessions: observeSessions,
  zfs: observePools,
};

/** The kind that a device is of, by its name in sysfs; undefined for a disk. */
export function findDeviceObserver(entry: string): DeviceObserver<DeviceFields> | undefined {
  return Object.values<DeviceObserver<DeviceFields>>(DEVICE_OBSERVERS).find((one) =>
    one.matches(entry),
  );
}

/** All that the kinds see beside mounts and devices. */
export function observeKinds(reader: Reader): SnapshotFields {
  const { swaps, ...others } = OBSERVERS;
  let fields: SnapshotFields = swaps(reader);
  for (const observe of Object.values(others)) fields = { ...fields, ...observe(reader) };
  return fields;
}
