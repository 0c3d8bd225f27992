/** Erasing what nobody uses any more. Every method throws a `SysError`. */
export interface Memory {
  /**
   * Makes all free that can be: page cache, dentries and inodes (vm.drop_caches), slabs without
   * an object in them, and what the kernel keeps back for later (vm.min_free_kbytes,
   * vm.lowmem_reserve_ratio, vm.watermark_boost_factor: sysctl/vm.rst).
   */
  release(): void;
  /** Gives back slabs of one cache without an object in them (ABI/testing/sysfs-kernel-slab). */
  shrinkSlab(cache: string): void;
  /** Starts so many processes, which wait until this one ends. */
  holdProcesses(count: number): void;
  /** Has this process, and no other, ended should memory run out (/proc/PID/oom_score_adj). */
  offerToOomKiller(): void;
  /** Takes so many bytes of free memory, which the kernel zeroes, until this process ends. */
  take(bytes: number): void;
  /**
   * Takes so many bytes twice, in single pages, on that CPU: what it keeps for itself alone is then
   * given first (mm/page_alloc.c, per_cpu_pages). Once of the pages that programs get, which are
   * movable, once of those that the kernel gets. From now on this process runs there.
   */
  takeOn(cpu: number, bytes: number): void;
}
