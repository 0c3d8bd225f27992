import type { RootDisk } from "./root-stack.ts";

export function nvme(mebibytes: number): RootDisk {
  return { mebibytes, bus: "nvme" };
}

/** A stack's HDD is virtio; it is slow only in name. */
export function hdd(mebibytes: number): RootDisk {
  return { mebibytes, bus: "virtio" };
}

/** The names of the first two disks, both in the stage and in the machine. */
export const twoNvme = "/dev/nvme0n1 /dev/nvme1n1";
