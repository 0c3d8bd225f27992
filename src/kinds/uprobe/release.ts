import type { Preparation } from "../../execute/step/releaser.ts";
import { listOrNone, readOrEmpty, tryWrite } from "../../port/best-effort.ts";
import type { BaseSnapshot, Mount } from "../../teardown/snapshot/base.ts";
import { parseUprobeEvents } from "./protocol.ts";

/**
 * Removes the uprobe events that tracing tools left behind: each keeps the path of its program
 * busy, without a process (kernel: kernel/trace/trace_uprobe.c).
 */
export const uprobePreparation: Preparation<BaseSnapshot> = {
  isNeeded: ({ mounts }) => mounts.some(isTracefs),
  // Every mount of it shows the same; another is tried where one is covered.
  prepare({ mounts }, { kernel, reader }) {
    for (const { target } of mounts.filter(isTracefs)) {
      const events = `${target}/uprobe_events`;
      const instances = listOrNone(`${target}/instances`, reader);
      const buffers = [target, ...instances.map((name) => `${target}/instances/${name}`)];
      for (const name of parseUprobeEvents(readOrEmpty(events, reader))) {
        // One that is enabled cannot be removed.
        for (const buffer of buffers) tryWrite(`${buffer}/events/${name}/enable`, "0", kernel);
        tryWrite(events, `-:${name}\n`, kernel);
      }
    }
  },
};

function isTracefs({ fsType }: Mount): boolean {
  return fsType === "tracefs";
}
