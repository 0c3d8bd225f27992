import type { Swap, SwapFields } from "./state.ts";

// What the kernel and PID 1 need to go on. Beyond it swapoff(2) ends in ENOMEM
// at best, and in the OOM killer at worst, after minutes of reading.
const MARGIN_KIB = 32 * 1024;

/**
 * The swaps that can be switched off: memory, and what is free in those that
 * stay, takes all their pages. The fullest stay first, so that as few as
 * possible do.
 */
export function findFittingSwaps({ swaps, memory }: SwapFields): ReadonlySet<Swap> {
  const going = [...swaps].sort((a, b) => a.usedKib - b.usedKib || (a.path < b.path ? -1 : 1));
  if (memory === undefined) return new Set(going);
  let needed = going.reduce((sum, swap) => sum + swap.usedKib, 0);
  let room = Math.max(0, memory.availableKib - MARGIN_KIB);
  // An empty swap needs no room, so this ends at the latest with those.
  while (needed > room) {
    const fullest = going.pop();
    if (fullest === undefined) throw new Error("no swap is in use, yet they need room");
    needed -= fullest.usedKib;
    room += Math.max(0, fullest.sizeKib - fullest.usedKib);
  }
  return new Set(going);
}
