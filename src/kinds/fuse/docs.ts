import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "FUSE",
  summary: "A file system that a process of this machine serves",
  holds: "its server; the kernel does not report which server belongs to which mount",
  seenBy: "mountinfo, and the storage daemons that have /dev/fuse open",
  steps: [],
  instead:
    "unmounted like any other file system ([mount](#mount)); the servers are stopped after all FUSE mounts ([storage server](#storage-server))",
  notes: [
    "The unmount of a FUSE file system whose server hangs is tried again with MNT_FORCE after the server was killed",
  ],
  leftOut: [
    "Files that a server passed to the kernel for pass-through (Linux 6.9 and later): the kernel does not show them, so their mounts are released a round later",
  ],
  machines: ["fuse squashfuse", "fuse ntfs-3g", "fuseblk whose server hangs"],
};
