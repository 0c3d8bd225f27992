import type { ActPorts } from "../../execute/ports.ts";
import { isFree, isGone } from "../../execute/step/is-gone.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import { waitUntil } from "../../execute/step/wait-until.ts";
import { readProgress } from "../../observe/progress.ts";
import { readOrEmpty } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Kernel } from "../../port/teardown.ts";
import type { BcacheEffect, BcacheSetStop, BcacheStop } from "./model.ts";

// When its thread has checked everything, it sleeps for the writeback_delay that was set at that
// time: 30 s by default (drivers/md/bcache/writeback.c).
const CLEAN_LIMIT_MS = 40_000;
// After that, it must have written this much in each slice. PID 1 expects it in twice that time
// (`extend` in execute/deadline/running.ts): a child that PID 1 abandons has not stopped the bcache.
const SLICE_MS = 2_500;
const SLICE_KIB = 1_024;
// Of the time for releasing, left for the set and everything below it.
const RESERVE_SHARE = 1 / 4;
const RESERVE_MAX_MS = 20_000;

export const bcacheStopReleaser: Releaser<BcacheStop> = {
  perform: (step, ports) => stopBcache(step, ports),
  isReleased: ({ name, backing }, reader) =>
    isGone(`/sys/block/${name}/dev`, reader) && isFree(backing, reader),
};

export const bcacheSetStopReleaser: Releaser<BcacheSetStop> = {
  // This only starts it: the set vanishes later.
  perform({ uuid }, { kernel }) {
    kernel.write(`/sys/fs/bcache/${uuid}/stop`, "1");
    return undefined;
  },
  isReleased: ({ uuid, devices }, reader) =>
    isGone(`/sys/fs/bcache/${uuid}/bucket_size`, reader) &&
    devices.every((name) => isFree(name, reader)),
};

/**
 * Writes a bcache back, then stops it. Otherwise its dirty blocks would stay in the cache, and the
 * disk alone would be out of date until it is used with the cache again. Blocks that cannot be
 * written back in time stay in the cache, where they are safe, and are reported.
 */
function stopBcache({ name, backing }: BcacheStop, ports: ActPorts): BcacheEffect | undefined {
  const { kernel, reader } = ports;
  const stop = `/sys/block/${name}/bcache/stop`;
  const isDirty = (): boolean =>
    readOrEmpty(`/sys/block/${name}/bcache/state`, reader).trim() === "dirty";
  if (!isDirty()) {
    kernel.write(stop, "1");
    return undefined;
  }
  // If this fails, stopping is as good as without it.
  attempt(() => writeBack(name, kernel));
  const isClean = waitForWriteBack(() => !isDirty(), backing, ports);
  kernel.write(stop, "1");
  return isClean ? "written-back" : "left-dirty";
}

/**
 * Makes the bcache write back everything immediately and as fast as possible while it is running;
 * the cache mode in its superblock is unchanged. The last of these writes wakes the thread, which
 * then uses the new values (kernel: drivers/md/bcache/sysfs.c, writeback.c).
 */
function writeBack(name: string, kernel: Kernel): void {
  const dir = `/sys/block/${name}/bcache`;
  kernel.write(`${dir}/writeback_percent`, "0");
  kernel.write(`${dir}/writeback_delay`, "0");
  kernel.write(`${dir}/writeback_running`, "1");
}

/** Waits for a condition as long as data is written to the disk `backing`. */
function waitForWriteBack(isClean: () => boolean, backing: string, ports: ActPorts): boolean {
  const { reader, clock, untilMs } = ports;
  const latest =
    untilMs === undefined
      ? clock.now() + CLEAN_LIMIT_MS
      : untilMs - Math.min(RESERVE_MAX_MS, untilMs * RESERVE_SHARE);
  if (waitUntil(isClean, Math.min(CLEAN_LIMIT_MS, latest - clock.now()), ports)) return true;
  const dev = readOrEmpty(`/sys/class/block/${backing}/dev`, reader).trim();
  while (clock.now() < latest) {
    const before = readProgress([dev], reader);
    if (waitUntil(isClean, SLICE_MS, ports)) return true;
    // Written so that it is true for NaN.
    if (!(readProgress([dev], reader) >= before + SLICE_KIB)) return false;
  }
  return false;
}
