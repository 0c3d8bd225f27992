/** Erases unused memory. Every method throws a `SysError`. */
export interface Memory {
  /**
   * Frees as much memory as possible: page cache, dentries and inodes (vm.drop_caches), empty slabs,
   * and the kernel's reserves (vm.min_free_kbytes, vm.lowmem_reserve_ratio,
   * vm.watermark_boost_factor: sysctl/vm.rst).
   */
  release(): void;
  /** Frees the empty slabs of one cache (ABI/testing/sysfs-kernel-slab). */
  shrinkSlab(cache: string): void;
  /** Starts this number of processes, which wait until this one exits. */
  holdProcesses(count: number): void;
  /** Makes this process the victim of the OOM killer (/proc/PID/oom_score_adj). */
  offerToOomKiller(): void;
  /** Allocates this many bytes, which the kernel zeroes, until this process exits. */
  take(bytes: number): void;
  /**
   * Allocates this many bytes twice, in single pages, on this CPU, so that its per-CPU lists are used
   * first (mm/page_alloc.c, per_cpu_pages): once from the movable pages of programs, once from the
   * unmovable ones of the kernel. This process stays on the CPU.
   */
  takeOn(cpu: number, bytes: number): void;
}
