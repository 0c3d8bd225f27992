import type { Preparation } from "../../execute/step/releaser.ts";
import { attempt } from "../../port/sys-error.ts";
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
      for (const name of parseUprobeEvents(attempt(() => reader.readText(events)) ?? "")) {
        // One that is enabled cannot be removed.
        attempt(() => kernel.write(`${target}/events/${name}/enable`, "0"));
        attempt(() => kernel.write(events, `-:${name}\n`));
      }
    }
  },
};

function isTracefs({ fsType }: Mount): boolean {
  return fsType === "tracefs";
}
