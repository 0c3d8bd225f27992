import type { ActPorts } from "../../execute/ports.ts";
import { waitUntil } from "../../execute/wait-until.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Remark } from "../kinds.ts";

// Once its thread has looked at everything, it sleeps the writeback_delay out that
// it saw then: 30 s unless somebody chose another (drivers/md/bcache/writeback.c).
const CLEAN_LIMIT_MS = 40_000;

/**
 * Stops a bcache, written back first: else its dirty blocks stay in the cache,
 * and the disk alone is out of date until both are together again. What cannot
 * be written back in time stays there, safe, and is told.
 */
export function stopBcache(name: string, ports: ActPorts): Remark | undefined {
  const { kernel, reader } = ports;
  const isDirty = (): boolean =>
    attempt(() => reader.readText(`/sys/block/${name}/bcache/state`))?.trim() === "dirty";
  if (!isDirty()) {
    kernel.bcacheStop(name);
    return undefined;
  }
  // Whatever refuses this, stopping is no worse than without it.
  attempt(() => kernel.bcacheWriteBack(name));
  const isClean = waitUntil(() => !isDirty(), CLEAN_LIMIT_MS, ports);
  kernel.bcacheStop(name);
  return isClean ? "written-back" : "left-dirty";
}
