import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "disk and partition",
  summary: "Every block device that belongs to no other kind, and every partition",
  holds: "a partition holds its disk; a disk holds the devices in `slaves` in sysfs",
  seenBy: "/sys/class/block: `dev`, `size`, `partition`, `slaves`",
  steps: [],
  instead:
    "a disk that was written to is flushed last, and one that lost data is reported; it stays until reboot(2), when its driver flushes the cache; a partition is released together with its device",
  leftOut: [
    "Devices of unknown drivers whose data is stored elsewhere count as disks: zloop, rnbd, AoE, the SCSI disks of LIO's loopback. See the list of [other users](#other-users-of-files-and-block-devices)",
  ],
  machines: ["partitions on loop", "kpartx partitions", "disk that hangs"],
};
