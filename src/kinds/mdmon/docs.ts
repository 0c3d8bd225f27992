import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "mdmon",
  summary: "The process that writes the metadata of a container (IMSM, DDF)",
  holds:
    "its container, and the file system that it was started from; the volumes of the container need it",
  seenBy: "`external:` in `md/metadata_version`, and the process named mdmon in /proc",
  steps: [
    {
      step: "mdmon-end",
      does: "syncs its own file system and remounts it read-only, marks the volumes clean, then SIGTERM",
      verifiedBy: "the process is gone",
    },
  ],
  notes: [
    "It is stopped before the volumes if the root is on one of them and mdmon runs from that root",
  ],
  machines: ["md raid1 with DDF metadata and its mdmon"],
};
