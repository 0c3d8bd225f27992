import { isGone } from "../../execute/step/is-gone.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import type { LoopDetach } from "./model.ts";
import { LOOP_CLR_FD } from "./protocol.ts";

export const loopDetachReleaser: Releaser<LoopDetach> = {
  // The driver itself does not flush the page cache of the device.
  perform: ({ name }, { kernel }) =>
    kernel.flushAndControl(`/dev/${name}`, [{ request: LOOP_CLR_FD, argument: 0 }]),
  isReleased: ({ name }, reader) => isGone(`/sys/block/${name}/loop/backing_file`, reader),
};
