import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "md (software RAID)",
  summary: "An array of the MD driver, of any level",
  holds:
    "its members, its journal device, the file of its bitmap if it has one, and the container that it is a volume of",
  seenBy:
    "`md/array_state`, `md/level`, `md/metadata_version`, `md/bitmap/location` and `slaves` in sysfs, GET_BITMAP_FILE",
  steps: [
    {
      step: "md-stop",
      does: "freezes a recovery, a check or a reshape, which continues at the next boot; then fsync(2) and STOP_ARRAY",
      verifiedBy: "`md/array_state` is clear or gone",
    },
  ],
  leftOut: [
    "Clustered arrays (md-cluster) are stopped like others; whether the node has left its DLM lockspace is not verified",
  ],
  machines: [
    "md raid1 write-mostly with partitions",
    "md raid1 with its bitmap in a file",
    "md raid1 during a recovery",
    "md raid5 during a reshape",
    "md raid1 whose last leg failed",
  ],
};
