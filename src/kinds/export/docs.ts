import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "export",
  summary:
    "Storage that the kernel serves to others: LIO, the NVMe target, USB mass storage gadgets, the NFS server, ksmbd",
  holds:
    "its block device, or the mount of its file or directory; ksmbd does not report its directories, so it is stopped before any unmount",
  seenBy:
    "configfs (`info`, `enable` and `device_path`, `file`), /proc/fs/nfsd/exports, `stats` of /sys/class/ksmbd-control",
  steps: [
    {
      step: "unexport",
      does: "LIO: `enable` 0 in the port groups that export the backstore, their links to it removed, then rmdir(2); NVMe: `enable` 0; USB: unbound from its controller, the medium ejected; NFS: `threads` 0; ksmbd: `kill_server`",
      verifiedBy: "the list of exports, read again",
    },
  ],
  notes: [
    "PID 1 mounts configfs and nfsd itself, since the old root's mounts of them are released at the same time",
    "Sessions and mounts on the SCSI disks of LIO's loopback are released first, and so are NFS and SMB mounts if the server may be this machine, which NFS 4 shows, but not NFS 3 or SMB",
  ],
  leftOut: [
    "LIO: pscsi, and user (tcmu), whose process is killed",
    "Passthrough controllers of the NVMe target: the report names the module",
    "NFS: threads without any export; they may hold the directory of client records",
    "USB: g_mass_storage, which is configured by parameters of its module",
  ],
  machines: [
    "file that the kernel serves",
    "volume that the kernel serves over NVMe",
    "volume that is shown as a USB disk",
    "volume that LIO serves",
    "file that LIO serves to this machine",
    "directory that the kernel serves over NFS",
  ],
};
