import { readOrEmpty } from "../../port/best-effort.ts";
import type { Reader } from "../../port/teardown.ts";
import { parseMemAvailable } from "../../teardown/parse/meminfo.ts";
import { parseSwaps } from "./proc-swaps.ts";
import type { Memory, Swap } from "./state.ts";

/** Without device numbers: those cost a look-up of the path, which may block. */
export function observeSwaps(reader: Reader): { readonly swaps: readonly Swap[] } {
  // A kernel built without swap has no such file.
  return { swaps: parseSwaps(readOrEmpty("/proc/swaps", reader)) };
}

export function observeMemory(reader: Reader): { readonly memory?: Memory } {
  const availableKib = parseMemAvailable(readOrEmpty("/proc/meminfo", reader));
  return availableKib === undefined ? {} : { memory: { availableKib } };
}
