import type { ActPorts } from "../../execute/ports.ts";
import { ABSENT, readUnlessGone } from "../../execute/step/is-gone.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import { tryWrite } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import type { MdStop } from "./model.ts";
import { STOP_ARRAY } from "./protocol.ts";

// From Linux 6.0 on, md_attr_show (drivers/md/md.c) returns EBUSY between the stop of an array and
// the removal of its directory, which a worker does later.
const MD_ABSENT = [...ABSENT, "EBUSY"];

export const mdStopReleaser: Releaser<MdStop> = {
  perform({ name }, ports) {
    freezeSync(name, ports);
    const calls = [{ request: STOP_ARRAY, argument: 0 }];
    // A container has no data of its own; a flush fails with EIO.
    if (readAttribute(name, "array_state", ports.reader) === "inactive") {
      ports.kernel.control(`/dev/${name}`, calls);
      return undefined;
    }
    return ports.kernel.flushAndControl(`/dev/${name}`, calls);
  },
  isReleased({ name }, reader) {
    const path = `/sys/block/${name}/md/array_state`;
    const state = readUnlessGone(() => reader.readText(path), MD_ABSENT);
    return state === undefined || state.trim() === "clear";
  },
};

/**
 * Interrupts the current md/sync_action, which is resumed at the next boot. "frozen" instead of
 * "idle", because an idle degraded array starts again immediately.
 */
function freezeSync(name: string, { kernel, reader }: ActPorts): void {
  const action = readAttribute(name, "sync_action", reader);
  if (action === undefined || action === "idle" || action === "frozen") return;
  tryWrite(`/sys/block/${name}/md/sync_action`, "frozen", kernel);
}

function readAttribute(name: string, attribute: string, reader: Reader): string | undefined {
  return attempt(() => reader.readText(`/sys/block/${name}/md/${attribute}`))?.trim();
}
