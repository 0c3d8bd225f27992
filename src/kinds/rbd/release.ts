import { isGone } from "../../execute/step/is-gone.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import type { RbdUnmap } from "./model.ts";

const BUS = "/sys/bus/rbd";

/**
 * Unmaps an image: drivers/block/rbd.c, Documentation/ABI/testing/sysfs-bus-rbd. The driver has no
 * cache of its own, and the last close of a device has written back its page cache.
 *
 * Never with "force", whatever the cluster does: it waits for the requests under way as an unmount
 * does, so that it helps against no cluster that does not answer, and takes the device away from
 * what still has it open, whose data the last sync could have saved.
 */
export const rbdUnmapReleaser: Releaser<RbdUnmap> = {
  perform({ id }, { kernel, reader }) {
    // EINPROGRESS: somebody else's unmapping is on its way.
    attempt(() => kernel.write(`${BUS}/${chooseFile(reader)}`, `${id}`), ["EINPROGRESS"]);
    return undefined;
  },
  // It goes after the block device.
  isReleased: ({ id }, reader) => isGone(`${BUS}/devices/${id}/pool`, reader),
};

/** A driver that has the second file refuses to be asked by the first one (EINVAL). */
function chooseFile(reader: Reader): string {
  const single = "remove_single_major";
  return attempt(() => reader.readDir(BUS))?.includes(single) === true ? single : "remove";
}
