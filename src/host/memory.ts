import {
  close,
  exit,
  fork,
  O_WRONLY,
  PR_SET_THP_DISABLE,
  pageSize,
  pipe,
  prctl,
  read,
  readdir,
  setAffinity,
  takeMemory,
  takePageTables,
  writeFile,
} from "exitrd:sys";
import { attempt } from "../port/sys-error.ts";
import type { Memory } from "../port/teardown.ts";

// The smallest reserve, enough for a kernel that is about to stop.
const MIN_FREE_KIB = "512";
const SLABS = "/sys/kernel/slab";
const HUGE_PAGES = "/sys/kernel/mm/hugepages";

/** The `Memory` port on the running kernel. */
export const hostMemory: Memory = {
  release: () => {
    attempt(() => writeFile("/proc/sys/vm/min_free_kbytes", MIN_FREE_KIB, O_WRONLY));
    attempt(() => writeFile("/proc/sys/vm/lowmem_reserve_ratio", "0 0 0 0", O_WRONLY));
    // Otherwise the kernel temporarily raises its reserves whenever it has to mix page types.
    attempt(() => writeFile("/proc/sys/vm/watermark_boost_factor", "0", O_WRONLY));
    // Otherwise no more than half of the memory can be allocated.
    attempt(() => writeFile("/proc/sys/vm/overcommit_memory", "1", O_WRONLY));
    attempt(() => writeFile("/proc/sys/vm/drop_caches", "3", O_WRONLY));
    for (const size of attempt(() => readdir(HUGE_PAGES)) ?? []) attempt(() => freePool(size));
    for (const cache of readdir(SLABS)) attempt(() => shrinkSlab(cache));
  },
  shrinkSlab,
  holdProcesses,
  offerToOomKiller: () => {
    attempt(() => writeFile("/proc/sys/vm/panic_on_oom", "0", O_WRONLY));
    writeFile("/proc/self/oom_score_adj", "1000", O_WRONLY);
  },
  pageSize,
  take: (bytes) => takeMemory(bytes),
  takeOn: (cpu, bytes) => {
    setAffinity(cpu);
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    takeMemory(bytes);
    takePageTables(Math.ceil(bytes / pageSize()));
  },
};

/** Pages that a program has freed return to the pool, which does not clear them (mm/hugetlb.c). */
function freePool(size: string): void {
  attempt(() => writeFile(`${HUGE_PAGES}/${size}/nr_overcommit_hugepages`, "0", O_WRONLY));
  writeFile(`${HUGE_PAGES}/${size}/nr_hugepages`, "0", O_WRONLY);
}

function shrinkSlab(cache: string): void {
  writeFile(`${SLABS}/${cache}/shrink`, "1", O_WRONLY);
}

/**
 * The processes wait for EOF on a pipe whose write end belongs to this process, so they exit
 * whenever it does. (Those of a later call inherit that write end, but exit through their own
 * pipe.) PR_SET_PDEATHSIG has a race: a child that has not called it yet would outlive this
 * process.
 */
function holdProcesses(count: number): void {
  const [readEnd, writeEnd] = pipe();
  for (let started = 0; started < count; started += 1) {
    if (fork() === 0) waitForEnd(readEnd, writeEnd);
  }
  // The write end stays open until this process exits.
  close(readEnd);
}

/** Never returns. */
function waitForEnd(readEnd: number, writeEnd: number): never {
  try {
    close(writeEnd);
    read(readEnd, 1);
  } finally {
    exit(0);
  }
}
