import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "ZFS pool",
  summary: "An imported pool of OpenZFS, which is not part of Linux",
  holds: "its devices; datasets and zvols need it",
  seenBy:
    "/proc/spl/kstat/zfs, BLKZNAME for zvols, the label on each device that nothing else uses",
  steps: [
    {
      step: "zpool-export",
      does: "ZFS_IOC_POOL_EXPORT: export, or with `ZFS=release` the hardforce that leaves the labels as they are",
      verifiedBy: "its directory in /proc/spl/kstat/zfs is gone",
    },
  ],
  notes: [
    "Nothing is done with `ZFS=leave`, and nothing with a version of the module whose interface is not known",
  ],
  leftOut: ["Pools on files rather than devices: their devices are not found"],
  machines: ["zfs mirror", "zfs on crypt with zvols", "zfs on loop on zvol with partitions"],
};
