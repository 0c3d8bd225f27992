import type { DmState } from "./state.ts";

/** A DM_TARGET_MSG for one target of a device. */
export interface DmMessage {
  readonly sector: number;
  readonly text: string;
}

/**
 * The messages before a device is removed: a write cache commits its contents by itself, but writes
 * them back to its disk only on request (kernel:
 * Documentation/admin-guide/device-mapper/writecache.rst).
 */
export function listLastMessages(dm: DmState): readonly DmMessage[] {
  return forTargets(dm, "writecache", "flush_on_suspend");
}

/** Makes a multipath fail I/O if no path is left, instead of queueing it for ever. */
export function listUnblockingMessages(dm: DmState): readonly DmMessage[] {
  return forTargets(dm, "multipath", "fail_if_no_path");
}

function forTargets(dm: DmState, type: string, text: string): readonly DmMessage[] {
  return dm.targets
    .filter((target) => target.type === type)
    .map((target) => ({ sector: target.start, text }));
}
