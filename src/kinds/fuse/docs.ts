import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "FUSE server",
  summary: "A storage daemon that serves a FUSE file system",
  holds: "the mounts and devices on which it has files open; its FUSE mounts need it",
  seenBy:
    "the processes that have /dev/fuse open and are storage daemons: argv[0] begins with `@`, or their control group has `SurviveFinalKillSignal=`",
  steps: [
    {
      step: "process-end",
      does: "after every FUSE mount: waits a moment for the process to exit by itself, then SIGTERM, then SIGKILL",
      verifiedBy: "the process is gone",
    },
  ],
  notes: [
    "The unmount of a FUSE file system whose server hangs is tried again with MNT_FORCE after the server was ended ([mount](#mount))",
    "A server without that mark is killed with all other processes before the first step",
  ],
  leftOut: [
    "Files that a server gave to the kernel for pass-through (Linux 6.9 on): nothing shows them; what they lie on is released a round later",
  ],
  machines: [
    "fuse server that survives the final kill",
    "fuse squashfuse",
    "fuse ntfs-3g",
    "fuseblk whose server hangs",
  ],
};
