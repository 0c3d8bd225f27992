import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "iSCSI and NVMe over fabrics",
  summary: "A connection to a server of block devices",
  holds: "its disks exist as long as it does",
  seenBy:
    "/sys/class/iscsi_connection (only software iSCSI, `iscsi_tcp`), /sys/class/nvme-subsystem (tcp, rdma, fc, loop)",
  steps: [
    {
      step: "session-close",
      does: "iSCSI: deletes the disks, which flushes them, and logs out over netlink; NVMe: writes `delete_controller` for each path",
      verifiedBy: "its connections and its disks are gone from sysfs",
    },
  ],
  notes: [
    "Before the first step, the recovery timeouts of all sessions are lowered, so that an unreachable server costs seconds, not minutes",
  ],
  leftOut: [
    "iSER (`ib_iser`), SRP (`ib_srp`), FCoE, and adapters with iSCSI in hardware: their disks count as disks of this machine",
  ],
  machines: ["nvme over tcp", "iscsi with volume"],
};
