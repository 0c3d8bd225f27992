import { parseMemAvailable } from "../core/parse/meminfo.ts";
import { parseMountinfo } from "../core/parse/mountinfo.ts";
import { parseSwaps } from "../core/parse/swaps.ts";
import type { Memory, Snapshot } from "../core/snapshot.ts";
import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";
import { observeDevices } from "./devices.ts";
import { observeJournals } from "./journals.ts";
import { observeBcachefs, observeBcacheSets, observeBtrfs } from "./multi-devices.ts";
import { observeSessions } from "./sessions.ts";
import { observePools } from "./zfs.ts";

/**
 * Collects what the text of /proc and /sys says of mounts, swaps and block devices. No disk is
 * read for it and no server asked: what that takes, `question.ts` has a list of.
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
    // A kernel built without swap has no such file.
    swaps: parseSwaps(attempt(() => reader.readText("/proc/swaps")) ?? ""),
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
