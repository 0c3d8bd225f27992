import type { Snapshot } from "../kinds/kinds.ts";
import { parseMountinfo } from "../kinds/mount/mountinfo.ts";
import { observeKinds } from "../kinds/observed.ts";
import type { Reader } from "../port/reader.ts";
import { observeDevices } from "./devices.ts";

/**
 * Collects what the text of /proc and /sys says of mounts, swaps and block devices. No disk is
 * read for it and no server asked: `question.ts` lists what takes that.
 *
 * A device that vanishes meanwhile is left out. Without /proc/self/mountinfo or the
 * list of devices nothing can be known, and the `SysError` passes to the caller.
 */
export function observe(reader: Reader): Snapshot {
  return {
    format: 1,
    kernel: reader.kernelRelease(),
    mounts: parseMountinfo(reader.readText("/proc/self/mountinfo")),
    devices: observeDevices(reader),
    ...observeKinds(reader),
  };
}
