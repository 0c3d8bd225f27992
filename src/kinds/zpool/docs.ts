import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "ZFS pool",
  summary: "An imported pool of OpenZFS, which is not part of Linux",
  holds: "its devices; datasets and zvols need it",
  seenBy:
    "/proc/spl/kstat/zfs, BLKZNAME for zvols, O_EXCL on each device that nothing else uses; with several pools, its label",
  steps: [
    {
      step: "zpool-export",
      does: "ZFS_IOC_POOL_EXPORT: an export, or with `ZFS=release` a hardforce, which does not change the labels",
      verifiedBy: "its directory in /proc/spl/kstat/zfs is gone",
    },
  ],
  notes: [
    "Nothing is done with `ZFS=leave`, or if the interface of the module's version is unknown",
  ],
  leftOut: ["Pools on files instead of devices: the files are not found"],
  machines: ["zfs mirror", "zfs on crypt with zvols", "zfs on loop on zvol with partitions"],
};
