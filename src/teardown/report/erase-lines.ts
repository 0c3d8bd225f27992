/** "exitrd: 812 MiB of free memory erased in 230 ms". */
export function erasedLine(kib: number, tookMs: number): string {
  return `exitrd: ${Math.round(kib / 1024)} MiB of free memory erased in ${Math.round(tookMs)} ms`;
}

/** The registers of a killed process remain in the kernel's memory. */
export function registersLine(reason: NotErased | "left"): string {
  return `exitrd: cannot erase the registers of all killed processes: ${registerWords[reason]}, ignoring`;
}

/** Pools of huge pages have `kib` that the kernel did not free. */
export function hugePagesLine(kib: number): string {
  return `exitrd: cannot erase ${Math.round(kib / 1024)} MiB of huge pages: still in use, ignoring`;
}

/** Why memory was not erased, or only in part. */
export type NotErased = "error" | "crashed" | "hung" | "late";

export function notErasedLine(reason: NotErased): string {
  return `exitrd: cannot erase all free memory: ${words[reason]}, ignoring`;
}

const words: Readonly<Record<NotErased, string>> = {
  error: "the kernel refused to allocate it",
  crashed: "the kernel ran out of memory",
  hung: "timed out: increase Timeout= or boot with init_on_free=1",
  late: "no time left: increase Timeout=",
};

const registerWords: Readonly<Record<NotErased | "left", string>> = {
  ...words,
  left: "too many freed task slots, or their number keeps growing",
  error: "no /sys/kernel/slab, or no process can be started",
  hung: "timed out: increase Timeout=",
};
