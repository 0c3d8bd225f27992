import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "rbd",
  summary: "An image of a Ceph cluster, mapped by the kernel's own client",
  holds: "nothing on this machine; the cluster keeps a watch and possibly an exclusive lock for it",
  seenBy: "`pool` and `name` in /sys/bus/rbd/devices/N, as given when the image was mapped",
  steps: [
    {
      step: "rbd-unmap",
      does: "writes the number to `remove_single_major`, or to `remove` without single_major; never with `force`",
      verifiedBy: "its directory in /sys/bus/rbd/devices is gone",
    },
  ],
  machines: [],
};
