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
  isNeededAgain: ({ uprobes = [] }) => uprobes.length > 0,
  // In each tracefs, because one may be covered by another file system.
  prepare({ mounts }, { kernel, reader }, onProgress) {
    for (const place of listTracefs(mounts)) {
      const list = `${place}/uprobe_events`;
      const listEvents = () => parseUprobeEvents(readOrEmpty(list, reader));
      const remove = (event: string): void => tryWrite(list, `-:${event}\n`, kernel);
      // The kernel refuses to remove an enabled event. Disabling one takes a grace period.
      for (const event of listEvents()) remove(event);
      const instances = listOrNone(`${place}/instances`, reader);
      const buffers = [place, ...instances.map((name) => `${place}/instances/${name}`)];
      for (const event of listEvents()) {
        for (const buffer of buffers) tryWrite(`${buffer}/events/${event}/enable`, "0", kernel);
        remove(event);
        onProgress();
      }
    }
  },
};
