import { observeJournals } from "../kinds/ext4/observe.ts";
import type { Snapshot } from "../kinds/kinds.ts";
import { parseMountinfo } from "../kinds/mount/mountinfo.ts";
import { observeSessions } from "../kinds/session/observe.ts";
import { parseSwaps } from "../kinds/swap/proc-swaps.ts";
import type { Memory } from "../kinds/swap/state.ts";
import { observePools } from "../kinds/zpool/observe.ts";
import type { Reader } from "../port/reader.ts";
import { attempt } from "../port/sys-error.ts";
import { parseMemAvailable } from "../teardown/parse/meminfo.ts";
import { observeDevices } from "./devices.ts";
import { observeBcachefs, observeBcacheSets, observeBtrfs } from "./multi-devices.ts";

/**
 * Collects what the text of /proc and /sys says of mounts, swaps and block devices. No disk is
 * read for it and no server asked: what that takes, `question.ts` has a list of.
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
