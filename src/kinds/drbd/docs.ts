import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "DRBD",
  summary: "A block device that is mirrored to another machine",
  holds: "its lower device and its metadata device, for all volumes of a resource at once",
  seenBy: "the major number 147, and DRBD_ADM_GET_STATUS for the resource of each volume",
  steps: [
    {
      step: "drbd-down",
      does: "DRBD_ADM_DOWN for the resource, all volumes at once",
      verifiedBy: "the devices are gone, and their backings open with O_EXCL",
    },
  ],
  leftOut: [
    "DRBD 9, which is not in Linux, has another netlink protocol and does not report resources: it stays, with everything below it, and the report names drbdsetup",
  ],
  machines: ["drbd without a peer", "drbd with a peer that follows"],
};
