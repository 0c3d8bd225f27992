import { parseMemAvailable } from "../core/parse/meminfo.ts";
import { parseMountinfo } from "../core/parse/mountinfo.ts";
import { parseSwaps } from "../core/parse/swaps.ts";
import type { Memory, Snapshot, Swap } from "../core/snapshot.ts";
import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";
import { observeDevices } from "./devices.ts";
import { observeJournals } from "./journals.ts";
import { observeBcachefs, observeBcacheSets, observeBtrfs } from "./multi-devices.ts";
import { observeSessions } from "./sessions.ts";
import { observePools } from "./zfs.ts";

/**
 * Collects what the kernel says of mounts, swaps and block devices.
 *
 * A device that vanishes meanwhile is left out. Without /proc/self/mountinfo or the
 * list of devices nothing can be known, and the `SysError` passes to the caller.
 */
export function observe(reader: Reader): Snapshot {
  const zfs = observePools(reader);
  return {
    format: 1,
    kernel: reader.kernelRelease(),
    mounts: parseMountinfo(reader.readText("/proc/self/mountinfo")),
    swaps: observeSwaps(reader),
    ...observeMemory(reader),
    devices: observeDevices(reader),
    ...observeBtrfs(reader),
    ...observeBcachefs(reader),
    ...observeBcacheSets(reader),
    ...observeJournals(reader),
    ...observeSessions(reader),
    ...(zfs === undefined ? {} : { zfs }),
  };
}

function observeMemory(reader: Reader): { readonly memory?: Memory } {
  const availableKib = parseMemAvailable(attempt(() => reader.readText("/proc/meminfo")) ?? "");
  return availableKib === undefined ? {} : { memory: { availableKib } };
}

function observeSwaps(reader: Reader): readonly Swap[] {
  // A kernel built without swap has no such file.
  const text = attempt(() => reader.readText("/proc/swaps")) ?? "";
  return parseSwaps(text).map((swap) => {
    const status = attempt(() => reader.stat(swap.path));
    if (status === undefined) return swap;
    return { ...swap, dev: swap.type === "partition" ? status.rdev : status.dev };
  });
}
