import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "bcachefs",
  summary: "A file system on one or several devices",
  holds: "all its devices while it is mounted",
  seenBy:
    "/sys/fs/bcachefs/UUID/dev-N; mountinfo has the number of the first device and the names of all",
  steps: [],
  instead: "unmounted like every file system ([mount](#mount)); each device waits for that",
  leftOut: [
    "Of the kernels listed here, only Linux 6.12 contains the file system; as an external module it is handled in the same way",
  ],
  machines: ["bcachefs on two devices"],
};
