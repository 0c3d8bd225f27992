/** "exitrd: 812 MiB of free memory erased in 230 ms". */
export function erasedLine(kib: number, tookMs: number): string {
  return `exitrd: ${Math.round(kib / 1024)} MiB of free memory erased in ${Math.round(tookMs)} ms`;
}

/** What an ended process had in its registers stays in the kernel's memory. */
export function registersLine(reason: NotErased | "left"): string {
  return `exitrd: cannot overwrite the registers of all ended processes: ${registerWords[reason]}, going on`;
}

/** Why not, or not all of it. */
export type NotErased = "error" | "crashed" | "hung" | "late";

export function notErasedLine(reason: NotErased): string {
  return `exitrd: cannot erase all free memory: ${words[reason]}, going on`;
}

const words: Readonly<Record<NotErased, string>> = {
  error: "the kernel gives none",
  crashed: "the kernel ran out of memory",
  hung: "there was not enough time: set Timeout=, or init_on_free=1 for the kernel",
  late: "there is no time left: set Timeout=",
};

const registerWords: Readonly<Record<NotErased | "left", string>> = {
  ...words,
  left: "there are too many, or more and more",
  error: "no /sys/kernel/slab, or no process can be started",
  hung: "there was not enough time: set Timeout=",
};
