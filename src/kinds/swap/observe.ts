import type { Reader } from "../../port/reader.ts";
import { attempt } from "../../port/sys-error.ts";
import { parseMemAvailable } from "../../teardown/parse/meminfo.ts";
import { parseSwaps } from "./proc-swaps.ts";
import type { Memory, Swap } from "./state.ts";

/** Without device numbers: those cost a look-up of the path, which may block. */
export function observeSwaps(reader: Reader): { readonly swaps: readonly Swap[] } {
  // A kernel built without swap has no such file.
  return { swaps: parseSwaps(attempt(() => reader.readText("/proc/swaps")) ?? "") };
}

export function observeMemory(reader: Reader): { readonly memory?: Memory } {
  const availableKib = parseMemAvailable(attempt(() => reader.readText("/proc/meminfo")) ?? "");
  return availableKib === undefined ? {} : { memory: { availableKib } };
}
