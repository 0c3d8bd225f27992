import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "storage server",
  summary: "A storage daemon that serves a FUSE file system or a ublk device",
  holds:
    "the mounts and devices on which it has files open; the file system or device that it serves needs it",
  seenBy:
    "the processes that have /dev/fuse or /dev/ublkcN open and are storage daemons: argv[0] begins with `@`, or their control group has `SurviveFinalKillSignal=`",
  steps: [
    {
      step: "process-end",
      does: "after its file system or device is released: waits a moment for the process to exit by itself, then SIGTERM, then SIGKILL",
      verifiedBy: "the process is gone",
    },
  ],
  leftOut: [
    "A server without that mark is killed with all other processes before the first step, while file systems on its ublk device are still mounted",
  ],
  machines: ["fuse server that survives the final kill"],
};
