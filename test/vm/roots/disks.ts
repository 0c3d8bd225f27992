import type { RootDisk } from "./root-stack.ts";

export function nvme(mebibytes: number): RootDisk {
  return { mebibytes, bus: "nvme" };
}

/** What the first two are called, in the stage and in the machine. */
export const twoNvme = "/dev/nvme0n1 /dev/nvme1n1";
