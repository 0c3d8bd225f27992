import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "export",
  summary:
    "What the kernel serves to others: LIO, the NVMe target, a USB mass storage, the NFS server, ksmbd",
  holds:
    "its block device, or the mount of its file or directory; of ksmbd that is not known, so that it ends before every mount",
  seenBy:
    "configfs (`info`, `enable` and `device_path`, `file`), /proc/fs/nfsd/exports, `stats` of /sys/class/ksmbd-control",
  steps: [
    {
      step: "unexport",
      does: "LIO: `enable` 0 in the port groups that show the backstore, their links to it removed, then rmdir(2); NVMe: `enable` 0; USB: unbound from its controller, the medium ejected; NFS: `threads` 0; ksmbd: `kill_server`",
      verifiedBy: "what is exported is listed again",
    },
  ],
  notes: [
    "PID 1 mounts configfs and nfsd for itself: the old root's mounts of them go at the same time",
    "Sessions, NFS and SMB mounts whose server is this machine end first, and so do mounts on the SCSI disks of LIO's loopback",
  ],
  leftOut: [
    "LIO: pscsi, and user (tcmu), whose process is killed",
    "The NVMe target's passthrough: its module is named",
    "NFS: threads without any export; they may hold the directory of client records",
    "USB: g_mass_storage, which is set up by parameters of its module",
  ],
  machines: [
    "file that the kernel serves",
    "volume that the kernel serves over NVMe",
    "volume that LIO serves",
    "file that LIO serves to this machine",
    "directory that the kernel serves over NFS",
  ],
};
