import type { RootDisk } from "./root-stack.ts";

export function nvme(mebibytes: number): RootDisk {
  return { mebibytes, bus: "nvme" };
}

/** The HDD of a stack is virtio, and slow only by its name. */
export function hdd(mebibytes: number): RootDisk {
  return { mebibytes, bus: "virtio" };
}

/** What the first two are called, in the stage and in the machine. */
export const twoNvme = "/dev/nvme0n1 /dev/nvme1n1";
