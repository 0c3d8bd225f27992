import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "zram",
  summary: "A compressed block device in memory",
  holds: "the device that idle pages may be written to (`backing_dev`)",
  seenBy: "`disksize` and `backing_dev` in sysfs",
  steps: [{ step: "zram-reset", does: "writes 1 to `reset`", verifiedBy: "`disksize` is 0" }],
  machines: ["swap on zram"],
};
