import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "loop",
  summary: "A block device made of a file or of another block device",
  holds: "its backing file, and with it the mount that holds the file",
  seenBy:
    "`loop/backing_file` and `loop/autoclear` in sysfs, LOOP_GET_STATUS64 for the file system of the file",
  steps: [
    {
      step: "loop-detach",
      does: "fsync(2), then LOOP_CLR_FD, because the driver does not flush the page cache of the device",
      verifiedBy: "`loop/backing_file` is gone",
    },
  ],
  notes: ["The mount option `loop=` is only for libmount: the kernel only knows the device"],
  machines: [
    "loop in loop in loop",
    "loop with autoclear",
    "partitions on loop",
    "overlay over squashfs over loop",
    "loop on an empty file",
    "loop on a file system with an error",
    "loop over a FUSE whose server was killed",
    "tower",
  ],
};
