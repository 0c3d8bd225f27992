import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "ext4's external journal",
  summary: "A journal of ext3, ext4 or OCFS2 on a device of its own",
  holds: "the device of the journal while the file system is mounted",
  seenBy:
    "/proc/fs/jbd2, which lists the journals in use but not their file systems: each may belong to any mount without an internal journal",
  steps: [],
  instead: "the journal's device waits for the unmount of these file systems ([mount](#mount))",
  notes: ["mountinfo shows the journals of XFS and ReiserFS (`logdev=`, `jdev=`)"],
  leftOut: ["The external log of JFS, which nothing shows"],
  machines: ["ext4 with an external journal", "xfs with an external log"],
};
