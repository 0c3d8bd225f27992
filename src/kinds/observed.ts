import type { DeviceObserver } from "../observe/device-observer.ts";
import type { Inquiry } from "../observe/inquiry.ts";
import type { Reader } from "../port/teardown.ts";
import { bcacheObserver, observeBcacheSets } from "./bcache/observe.ts";
import { observeBcachefs } from "./bcachefs/observe.ts";
import { observeBtrfs } from "./btrfs/observe.ts";
import { dmObserver } from "./dm/observe.ts";
import { drbdObserver } from "./drbd/observe.ts";
import { exportInquiry } from "./export/observe.ts";
import { observeJournals } from "./ext4/observe.ts";
import { fuseInquiry } from "./fuse/observe.ts";
import type { DeviceFields, SnapshotFields } from "./kinds.ts";
import { loopObserver } from "./loop/observe.ts";
import { mdObserver } from "./md/observe.ts";
import { nbdObserver } from "./nbd/observe.ts";
import { rbdObserver } from "./rbd/observe.ts";
import { observeSessions } from "./session/observe.ts";
import { observeMemory, observeSwaps, swapInquiry } from "./swap/observe.ts";
import { ublkObserver } from "./ublk/observe.ts";
import { uprobeInquiry } from "./uprobe/observe.ts";
import { labelInquiry, observePools, zvolObserver } from "./zpool/observe.ts";
import { zramObserver } from "./zram/observe.ts";

/** How each kind is observed: one line for each member that a kind adds to the snapshot. */

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

/** The members of a snapshot that consist only of answers. */
type Asked = "fuseServers" | "exports" | "uprobes";

/** The members that the text of /proc and /sys shows. */
const OBSERVERS: {
  readonly [K in Exclude<keyof SnapshotFields, Asked>]-?: (
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

/**
 * The inquiries, by the member that their answers complete, in the order in which they are added.
 */
export const INQUIRIES: Readonly<Record<Asked | "swaps" | "zfs", Inquiry<unknown, object>>> = {
  swaps: swapInquiry,
  fuseServers: fuseInquiry,
  exports: exportInquiry,
  uprobes: uprobeInquiry,
  zfs: labelInquiry,
};

/** Finds the kind of a device by its name in sysfs; undefined for a disk. */
export function findDeviceObserver(entry: string): DeviceObserver<DeviceFields> | undefined {
  return Object.values<DeviceObserver<DeviceFields>>(DEVICE_OBSERVERS).find((one) =>
    one.matches(entry),
  );
}

/** Everything that the kinds observe apart from mounts and devices. */
export function observeKinds(reader: Reader): SnapshotFields {
  const { swaps, ...others } = OBSERVERS;
  let fields: SnapshotFields = swaps(reader);
  for (const observe of Object.values(others)) fields = { ...fields, ...observe(reader) };
  return fields;
}
