import type { BlockDevice, MultiDevice, Snapshot } from "../snapshot.ts";

/** Finds block devices by what text calls them. */
export interface DeviceIndex {
  readonly byDev: ReadonlyMap<string, BlockDevice>;
  /** By kernel name. */
  readonly byName: ReadonlyMap<string, BlockDevice>;
  readonly byDmName: ReadonlyMap<string, BlockDevice>;
  /** Kernel name → all devices of the file system that it is one of: a btrfs, a bcachefs. */
  readonly membersOf: ReadonlyMap<string, readonly BlockDevice[]>;
}

export function indexDevices(
  devices: readonly BlockDevice[],
  fileSystems: readonly MultiDevice[],
): DeviceIndex {
  const byDev = new Map<string, BlockDevice>();
  const byName = new Map<string, BlockDevice>();
  const byDmName = new Map<string, BlockDevice>();
  for (const device of devices) {
    byDev.set(device.dev, device);
    byName.set(device.name, device);
    if (device.dm !== undefined) byDmName.set(device.dm.name, device);
  }
  const membersOf = new Map<string, readonly BlockDevice[]>();
  for (const { devices: names } of fileSystems) {
    const members = names.flatMap((name) => byName.get(name) ?? []);
    for (const name of names) membersOf.set(name, members);
  }
  return { byDev, byName, byDmName, membersOf };
}

/** The file systems that lie on several devices, as one list. */
export function listMultiDevices({ btrfs, bcachefs }: Snapshot): readonly MultiDevice[] {
  return [...(btrfs ?? []), ...(bcachefs ?? [])];
}

/**
 * The device that a path below /dev names: /dev/sda1, /dev/mapper/NAME, or
 * /dev/VG/LV. undefined for links that only udev knows (/dev/disk/by-uuid).
 */
export function findDeviceByPath(index: DeviceIndex, path: string): BlockDevice | undefined {
  // After the pivot the kernel shows what was opened before it below /oldroot.
  const from = path.startsWith("/oldroot/dev/") ? "/oldroot/dev/" : "/dev/";
  if (!path.startsWith(from)) return undefined;
  const name = path.slice(from.length);
  if (name.startsWith("mapper/")) return index.byDmName.get(name.slice("mapper/".length));
  return index.byName.get(name) ?? index.byDmName.get(joinLvmName(name));
}

/** LVM doubles the dashes within each part of "VG/LV" and joins the parts by one. */
function joinLvmName(name: string): string {
  return name
    .split("/")
    .map((part) => part.replaceAll("-", "--"))
    .join("-");
}

/** Whether the kernel has it open, whoever for. One that does not answer may well be. */
export function isInUse({ loop, dm, mute }: BlockDevice): boolean {
  if (mute) return loop !== undefined || dm !== undefined;
  return loop?.claimed === true || (dm !== undefined && dm.openCount > 0);
}
