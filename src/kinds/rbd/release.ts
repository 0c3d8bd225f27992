import { actAfterPages } from "../../execute/left/act-after-pages.ts";
import { isGone } from "../../execute/step/is-gone.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import type { RbdUnmap } from "./model.ts";

const BUS = "/sys/bus/rbd";

/**
 * Unmaps an image (drivers/block/rbd.c, Documentation/ABI/testing/sysfs-bus-rbd). The driver has no
 * cache of its own, and the last close of the device has written back its page cache.
 *
 * Never with "force": it waits for the requests in flight as well, so it does not help if the
 * cluster does not answer, and it removes the device while it is open, although the last sync could
 * still save its data.
 */
export const rbdUnmapReleaser: Releaser<RbdUnmap> = {
  perform: ({ id, name }, { kernel, reader }) =>
    actAfterPages([name], { kernel, reader }, () => {
      // EINPROGRESS: another process is unmapping it.
      attempt(() => kernel.write(`${BUS}/${chooseFile(reader)}`, `${id}`), ["EINPROGRESS"]);
    }),
  // It vanishes after the block device.
  isReleased: ({ id }, reader) => isGone(`${BUS}/devices/${id}/pool`, reader),
};

/** A driver that has the second file rejects writes to the first one (EINVAL). */
function chooseFile(reader: Reader): string {
  const single = "remove_single_major";
  return attempt(() => reader.readDir(BUS))?.includes(single) === true ? single : "remove";
}
