import type { Releaser } from "../../execute/step/releaser.ts";
import type { SwapOff } from "./model.ts";
import { parseSwaps } from "./proc-swaps.ts";

export const swapOffReleaser: Releaser<SwapOff> = {
  perform({ path }, { kernel }) {
    kernel.swapoff(path);
    return undefined;
  },
  isReleased({ path }, reader) {
    // Once the mount that holds its node is detached, the kernel shows its end alone.
    const swaps = parseSwaps(reader.readText("/proc/swaps"));
    return !swaps.some((swap) => path.endsWith(swap.path));
  },
};
