import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "disk and partition",
  summary: "Every block device that no other kind knows, and every partition",
  holds: "a partition holds its disk; a disk holds what `slaves` in sysfs names",
  seenBy: "/sys/class/block: `dev`, `size`, `partition`, `slaves`",
  steps: [],
  instead:
    "a disk stays until reboot(2), in which its driver flushes the cache; a partition is released together with what it is a part of",
  leftOut: [
    "Devices whose data comes from elsewhere and whose driver is not known here count as disks: zloop, rnbd, AoE, the SCSI disks of LIO's loopback. See the list of [other users](#other-users-of-files-and-block-devices)",
  ],
  machines: ["partitions on loop", "kpartx partitions", "disk that hangs"],
};
