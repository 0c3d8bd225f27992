import type { Preparation } from "../../execute/step/releaser.ts";
import { listOrNone, readOrEmpty, tryWrite } from "../../port/best-effort.ts";
import type { BaseSnapshot } from "../../teardown/snapshot/base.ts";
import type { UprobesField } from "./model.ts";
import { listTracefs } from "./observe.ts";
import { parseUprobeEvents } from "./protocol.ts";

/**
 * Removes the uprobe events that tracing tools left behind: each keeps the path of its program
 * busy, without a process (kernel: kernel/trace/trace_uprobe.c).
 */
export const uprobePreparation: Preparation<BaseSnapshot & UprobesField> = {
  isNeeded: ({ uprobes }) => uprobes !== undefined,
  // In each tracefs, because one may be covered by another file system.
  prepare({ mounts }, { kernel, reader }) {
    for (const place of listTracefs(mounts)) {
      const list = `${place}/uprobe_events`;
      const instances = listOrNone(`${place}/instances`, reader);
      const buffers = [place, ...instances.map((name) => `${place}/instances/${name}`)];
      for (const event of parseUprobeEvents(readOrEmpty(list, reader))) {
        // The kernel does not remove an enabled event.
        for (const buffer of buffers) tryWrite(`${buffer}/events/${event}/enable`, "0", kernel);
        tryWrite(list, `-:${event}\n`, kernel);
      }
    }
  },
};
