import type { Snapshot } from "../kinds/kinds.ts";
import { parseMountinfo } from "../kinds/mount/mountinfo.ts";
import { observeKinds } from "../kinds/observed.ts";
import type { Reader } from "../port/teardown.ts";
import { observeDevices } from "./devices.ts";

/**
 * Collects mounts, swaps and block devices from the text of /proc and /sys, without reading a disk
 * or asking a server: `question.ts` lists what requires that.
 *
 * A device that vanishes in the meantime is left out. Without /proc/self/mountinfo or the list of
 * devices nothing is known, and the `SysError` is thrown to the caller.
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
