import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "nbd",
  summary: "A block device that a server shows over a socket",
  holds: "its connection",
  seenBy: "`pid` in /sys/block/nbdN, which is there while it is connected",
  steps: [
    {
      step: "nbd-disconnect",
      does: "fsync(2), NBD_DISCONNECT, NBD_CLEAR_SOCK (which also work for what netlink connected)",
      verifiedBy: "`pid` is gone",
    },
  ],
  notes: ["Tested as the root of a whole machine: `test/vm/roots/stacks/network.ts`"],
  leftOut: [
    "A server on this machine is only kept until then if it is a storage daemon (`@`); what its image lies on is not seen",
  ],
  machines: [],
};
