import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "NFS client",
  summary: "The session with an NFS server, which outlives the unmount for a moment",
  holds: "nothing on this machine; the server keeps state for it until the session ends",
  seenBy: "/proc/fs/nfsfs/servers, /sys/kernel/sunrpc/rpc-clients",
  steps: [],
  instead:
    "unmounted like every file system ([mount](#mount)); after the last step, exitrd waits up to 2 s until the client is gone, and reports servers that did not answer",
  leftOut: [
    "Disks that a pNFS block or SCSI layout uses: nothing shows which (see [other users](#other-users-of-files-and-block-devices))",
  ],
  machines: ["nfs"],
};
