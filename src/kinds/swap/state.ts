import type { NodeId } from "../../teardown/graph/node.ts";
import type { BaseDevice } from "../../teardown/snapshot/base.ts";

export interface SwapFields {
  readonly swaps: readonly Swap[];
  /** The memory available for swapped-out pages. Absent if it could not be read. */
  readonly memory?: Memory;
}

/** One line of /proc/swaps (proc_swaps(5)); sizes in KiB. */
export interface Swap {
  readonly path: string;
  readonly type: "partition" | "file";
  readonly sizeKib: number;
  readonly usedKib: number;
  /** "major:minor" of the device; of the file system for a swap file. Absent if it could not be read. */
  readonly dev?: string;
  /** The file system that holds it does not answer. */
  readonly mute?: true;
}

/** /proc/meminfo (proc_meminfo(5)). */
export interface Memory {
  /** MemAvailable, in KiB. */
  readonly availableKib: number;
}

/**
 * The path by which to switch it off. swapoff(2) compares page caches, and all nodes of a device share
 * one (mm/swapfile.c, `f_mapping`), so the node in our own /dev will do.
 */
export function nameSwap({ path }: Swap, device: BaseDevice | undefined): string {
  return device === undefined ? path : `/dev/${device.name}`;
}

/** Stable if the kernel shows another path later. */
export function swapNodeId(swap: Swap, device: BaseDevice | undefined): NodeId {
  return `swap:${nameSwap(swap, device)}`;
}
