import type { DmState } from "./state.ts";

/** For one target of a device: DM_TARGET_MSG. */
export interface DmMessage {
  readonly sector: number;
  readonly text: string;
}

/**
 * What makes a device's removal leave nothing behind: a write cache commits
 * what it holds by itself, but writes it back to its disk only if told so
 * (kernel: Documentation/admin-guide/device-mapper/writecache.rst).
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
