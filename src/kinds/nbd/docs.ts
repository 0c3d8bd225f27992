import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "nbd",
  summary: "A block device that a server provides over a socket",
  holds: "its connection",
  seenBy: "`pid` in /sys/block/nbdN, which exists while it is connected",
  steps: [
    {
      step: "nbd-disconnect",
      does: "fsync(2), NBD_DISCONNECT, NBD_CLEAR_SOCK (which also work for connections made with netlink)",
      verifiedBy: "`pid` is gone",
    },
  ],
  notes: ["Tested as the root of a whole machine: `test/vm/roots/stacks/network.ts`"],
  leftOut: [
    "A server on this machine survives until then only if it is a storage daemon (`@`); the mount of its image is not known",
  ],
  machines: [],
};
