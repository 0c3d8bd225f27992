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
    "The file system is part of Linux 6.12 alone; as a module from elsewhere it is seen in the same way",
  ],
  machines: ["bcachefs on two devices"],
};
