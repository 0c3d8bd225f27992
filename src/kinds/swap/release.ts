import type { Releaser } from "../../execute/step/releaser.ts";
import type { SwapOff } from "./model.ts";
import { parseSwaps } from "./proc-swaps.ts";

export const swapOffReleaser: Releaser<SwapOff> = {
  perform({ path }, { kernel }) {
    kernel.swapoff(path);
    return undefined;
  },
  isReleased({ path, listed = path }, reader) {
    // After the mount of its device node was detached, the kernel shows only the end of the path.
    const swaps = parseSwaps(reader.readText("/proc/swaps"));
    return !swaps.some((swap) => listed.endsWith(swap.path));
  },
};
