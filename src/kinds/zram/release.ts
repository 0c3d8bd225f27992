import { readUnlessGone } from "../../execute/step/is-gone.ts";
import type { Releaser } from "../../execute/step/releaser.ts";
import type { ZramReset } from "./model.ts";

export const zramResetReleaser: Releaser<ZramReset> = {
  // Frees all pages; EBUSY while it is open.
  perform({ name }, { kernel }) {
    kernel.write(`/sys/block/${name}/reset`, "1");
    return undefined;
  },
  isReleased({ name }, reader) {
    const size = readUnlessGone(() => reader.readText(`/sys/block/${name}/disksize`));
    return size === undefined || size.trim() === "0";
  },
};
