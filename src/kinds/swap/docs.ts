import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "swap",
  summary: "A swap partition or file",
  holds:
    "its device, or the mount that holds its file; the mount of its node, unless it is a devtmpfs",
  seenBy: "/proc/swaps; MemAvailable in /proc/meminfo",
  steps: [
    {
      step: "swapoff",
      does: "swapoff(2), if its pages fit into memory",
      verifiedBy: "/proc/swaps",
    },
  ],
  notes: [
    "It is not tried if the pages do not fit into MemAvailable, minus a reserve, plus the free space of the swaps that stay. The fullest swap is the first to stay",
    "zswap holds compressed copies of swapped pages; swapoff(2) reads them back like any other",
  ],
  machines: [
    "swap on a partition a file and a volume",
    "swap on zram",
    "swap that memory cannot take back",
  ],
};
