import type { Swap, SwapFields } from "./state.ts";

// The memory that the kernel and PID 1 need. With less, swapoff(2) fails with ENOMEM or runs into
// the OOM killer, after minutes of reading.
const MARGIN_KIB = 32 * 1024;

/**
 * Finds the swaps that can be switched off: their pages must fit into memory and the free space of
 * the swaps that stay. The fullest ones stay first, so that as few as possible stay.
 */
export function findFittingSwaps({ swaps, memory }: SwapFields): ReadonlySet<Swap> {
  const going = [...swaps].sort((a, b) => a.usedKib - b.usedKib || (a.path < b.path ? -1 : 1));
  if (memory === undefined) return new Set(going);
  let needed = going.reduce((sum, swap) => sum + swap.usedKib, 0);
  let room = Math.max(0, memory.availableKib - MARGIN_KIB);
  // This terminates, because an empty swap needs no space.
  while (needed > room) {
    const fullest = going.pop();
    if (fullest === undefined) throw new Error("no swap is in use, yet they need room");
    needed -= fullest.usedKib;
    room += Math.max(0, fullest.sizeKib - fullest.usedKib);
  }
  return new Set(going);
}
