import { observeJournals } from "../kinds/ext4/observe.ts";
import type { Snapshot } from "../kinds/kinds.ts";
import { parseMountinfo } from "../kinds/mount/mountinfo.ts";
import { observeSessions } from "../kinds/session/observe.ts";
import { parseSwaps } from "../kinds/swap/proc-swaps.ts";
import type { Memory, Swap } from "../kinds/swap/state.ts";
import { observePools } from "../kinds/zpool/observe.ts";
import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";
import { parseMemAvailable } from "../teardown/parse/meminfo.ts";
import { observeDevices } from "./devices.ts";
import { observeBcachefs, observeBcacheSets, observeBtrfs } from "./multi-devices.ts";

/**
 * Collects what the kernel says of mounts, swaps and block devices.
 *
 * A device that vanishes meanwhile is left out; without /proc/self/mountinfo
 * nothing can be known, and the `SysError` passes to the caller.
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
