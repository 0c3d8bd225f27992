import type { ActPorts } from "../../execute/ports.ts";
import { isFree, isGone } from "../../execute/step/is-gone.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import { waitUntil } from "../../execute/step/wait-until.ts";
import { readOrEmpty } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Kernel } from "../../port/teardown.ts";
import type { BcacheEffect, BcacheSetStop, BcacheStop } from "./model.ts";

// Once its thread has looked at everything, it sleeps the writeback_delay out that
// it saw then: 30 s unless somebody chose another (drivers/md/bcache/writeback.c).
const CLEAN_LIMIT_MS = 40_000;

export const bcacheStopReleaser: Releaser<BcacheStop> = {
  perform: ({ name }, ports) => stopBcache(name, ports),
  isReleased: ({ name, backing }, reader) =>
    isGone(`/sys/block/${name}/dev`, reader) && isFree(backing, reader),
};

export const bcacheSetStopReleaser: Releaser<BcacheSetStop> = {
  // It begins; the set vanishes later.
  perform({ uuid }, { kernel }) {
    kernel.write(`/sys/fs/bcache/${uuid}/stop`, "1");
    return undefined;
  },
  isReleased: ({ uuid, devices }, reader) =>
    isGone(`/sys/fs/bcache/${uuid}/bucket_size`, reader) &&
    devices.every((name) => isFree(name, reader)),
};

/**
 * Stops a bcache, written back first: otherwise its dirty blocks stay in the cache, and the disk
 * alone is out of date until both are together again. What cannot be written back in time stays
 * there, safe, and is reported.
 */
function stopBcache(name: string, ports: ActPorts): BcacheEffect | undefined {
  const { kernel, reader } = ports;
  const stop = `/sys/block/${name}/bcache/stop`;
  const isDirty = (): boolean =>
    readOrEmpty(`/sys/block/${name}/bcache/state`, reader).trim() === "dirty";
  if (!isDirty()) {
    kernel.write(stop, "1");
    return undefined;
  }
  // If this fails, stopping is no worse than without it.
  attempt(() => writeBack(name, kernel));
  const isClean = waitUntil(() => !isDirty(), CLEAN_LIMIT_MS, ports);
  kernel.write(stop, "1");
  return isClean ? "written-back" : "left-dirty";
}

/**
 * Has it write back all it has, at once and as fast as it can, for as long as it runs; what its
 * superblock says of its cache's mode stays. The last write wakes the thread, which then goes by
 * the others (kernel: drivers/md/bcache/sysfs.c, writeback.c).
 */
function writeBack(name: string, kernel: Kernel): void {
  const dir = `/sys/block/${name}/bcache`;
  kernel.write(`${dir}/writeback_percent`, "0");
  kernel.write(`${dir}/writeback_delay`, "0");
  kernel.write(`${dir}/writeback_running`, "1");
}
