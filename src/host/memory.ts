import {
  exit,
  fork,
  O_WRONLY,
  PR_SET_PDEATHSIG,
  PR_SET_THP_DISABLE,
  prctl,
  readdir,
  SIGKILL,
  setAffinity,
  sleep,
  takeMemory,
  takePageTables,
  writeFile,
} from "exitrd:sys";
import type { Memory } from "../port/memory.ts";
import { attempt } from "../port/sys-error.ts";

// As little as a kernel that is about to stop needs.
const MIN_FREE_KIB = "512";
const PAGE_SIZE = 4096;
const SLABS = "/sys/kernel/slab";
// For one whose parent ended before it could ask for its own end.
const HOLD_LIMIT_MS = 60_000;

/** The `Memory` port on the running kernel. */
export const hostMemory: Memory = {
  release: () => {
    attempt(() => writeFile("/proc/sys/vm/min_free_kbytes", MIN_FREE_KIB, O_WRONLY));
    attempt(() => writeFile("/proc/sys/vm/lowmem_reserve_ratio", "0 0 0 0", O_WRONLY));
    // Else it keeps more back, for a while, whenever it has to mix kinds of pages.
    attempt(() => writeFile("/proc/sys/vm/watermark_boost_factor", "0", O_WRONLY));
    attempt(() => writeFile("/proc/sys/vm/drop_caches", "3", O_WRONLY));
    for (const cache of readdir(SLABS)) attempt(() => shrinkSlab(cache));
  },
  shrinkSlab,
  holdProcesses: (count) => {
    for (let started = 0; started < count; started += 1) {
      if (fork() === 0) waitForParentsEnd();
    }
  },
  offerToOomKiller: () => writeFile("/proc/self/oom_score_adj", "1000", O_WRONLY),
  take: (bytes) => takeMemory(bytes),
  takeOn: (cpu, bytes) => {
    setAffinity(cpu);
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    takeMemory(bytes);
    takePageTables(Math.ceil(bytes / PAGE_SIZE));
  },
};

function shrinkSlab(cache: string): void {
  writeFile(`${SLABS}/${cache}/shrink`, "1", O_WRONLY);
}

/** Never returns. */
function waitForParentsEnd(): never {
  try {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    sleep(HOLD_LIMIT_MS);
  } finally {
    exit(0);
  }
}
