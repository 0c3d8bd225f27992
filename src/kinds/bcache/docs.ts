import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "bcache",
  summary: "A disk with a cache on a faster one; several cached disks share a cache set",
  holds:
    "the cached disk until the device is stopped, the cache devices until the set is stopped; the device needs its set, since dirty blocks may exist only in the cache",
  seenBy:
    "`bcache/state` and the link `bcache/cache` in /sys/block/bcacheN, /sys/fs/bcache/UUID with a link for each cache device",
  steps: [
    {
      step: "bcache-stop",
      does: "if dirty, sets `writeback_percent`, `writeback_delay` and `writeback_running` for this run and waits until the state is clean; then writes `bcache/stop`",
      verifiedBy: "the device is gone from sysfs, and its disk opens with O_EXCL",
    },
    {
      step: "bcache-set-stop",
      does: "writes to `stop` of the set",
      verifiedBy: "the directory of the set is gone, and its cache devices open with O_EXCL",
    },
  ],
  notes: [
    "bcache's own thread writes back. It may first sleep for one `writeback_delay` (30 s), which cannot be interrupted without detaching the cache permanently",
    "Data that cannot be written back in time is safe in the cache; the report says so",
  ],
  machines: ["bcache with dirty blocks"],
};
