import type { BaseDevice, MultiDevice } from "../snapshot/base.ts";

/** Finds block devices by the names used in text files of the kernel. */
export interface DeviceIndex {
  readonly byDev: ReadonlyMap<string, BaseDevice>;
  /** By kernel name. */
  readonly byName: ReadonlyMap<string, BaseDevice>;
  /** By other paths below /dev: "mapper/NAME", "VG/LV". */
  readonly byAlias: ReadonlyMap<string, BaseDevice>;
  /** Kernel name → all devices of the same multi-device file system (btrfs, bcachefs). */
  readonly membersOf: ReadonlyMap<string, readonly BaseDevice[]>;
}

export function indexDevices(
  devices: readonly BaseDevice[],
  aliases: readonly (readonly [path: string, dev: string])[],
  fileSystems: readonly MultiDevice[],
): DeviceIndex {
  const byDev = new Map<string, BaseDevice>();
  const byName = new Map<string, BaseDevice>();
  for (const device of devices) {
    byDev.set(device.dev, device);
    byName.set(device.name, device);
  }
  const byAlias = new Map<string, BaseDevice>();
  for (const [path, dev] of aliases) {
    const device = byDev.get(dev);
    if (device !== undefined) byAlias.set(path, device);
  }
  const membersOf = new Map<string, readonly BaseDevice[]>();
  for (const { devices: names } of fileSystems) {
    const members = names.flatMap((name) => byName.get(name) ?? []);
    for (const name of names) membersOf.set(name, members);
  }
  return { byDev, byName, byAlias, membersOf };
}

/**
 * The device that a path below /dev names: /dev/sda1, /dev/mapper/NAME, or
 * /dev/VG/LV. Undefined for links that only udev knows (/dev/disk/by-uuid).
 */
export function findDeviceByPath(index: DeviceIndex, path: string): BaseDevice | undefined {
  // After the pivot the kernel shows files that were opened before it below /oldroot.
  const from = path.startsWith("/oldroot/dev/") ? "/oldroot/dev/" : "/dev/";
  if (!path.startsWith(from)) return undefined;
  const name = path.slice(from.length);
  return index.byName.get(name) ?? index.byAlias.get(name);
}
