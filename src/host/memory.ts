import { O_WRONLY, takeMemory, writeFile } from "exitrd:sys";
import type { Memory } from "../port/memory.ts";
import { attempt } from "../port/sys-error.ts";

// As little as a kernel that is about to stop needs.
const MIN_FREE_KIB = "1024";

/** The `Memory` port on the running kernel. */
export const hostMemory: Memory = {
  release: () => {
    attempt(() => writeFile("/proc/sys/vm/min_free_kbytes", MIN_FREE_KIB, O_WRONLY));
    attempt(() => writeFile("/proc/sys/vm/lowmem_reserve_ratio", "0 0 0 0", O_WRONLY));
    // Else it keeps more back, for a while, whenever it has to mix kinds of pages.
    attempt(() => writeFile("/proc/sys/vm/watermark_boost_factor", "0", O_WRONLY));
    writeFile("/proc/sys/vm/drop_caches", "3", O_WRONLY);
  },
  offerToOomKiller: () => writeFile("/proc/self/oom_score_adj", "1000", O_WRONLY),
  take: (bytes) => takeMemory(bytes),
};
