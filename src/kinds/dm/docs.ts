import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "dm (device-mapper)",
  summary: "LVM, LUKS, dm-verity, multipath and all that is made of device-mapper targets",
  holds: "the devices that its tables name, the table that is loaded and not yet live included",
  seenBy:
    "DM_TABLE_STATUS for targets, open count and state; `slaves` in sysfs for what it lies on. One that does not answer is guessed by `dm/uuid`",
  steps: [
    {
      step: "dm-unblock",
      does: "resumes a suspended device with DM_DEV_SUSPEND, and has a multipath fail instead of queue (`fail_if_no_path`); it comes before all that lies on the device",
      verifiedBy: "its state is read again: not suspended, not queueing",
    },
    {
      step: "dm-remove",
      does: "sends `flush_on_suspend` to a writecache, then DM_DEV_REMOVE",
      verifiedBy: "its directory in sysfs is gone",
      variants: [
        { when: "if it has a cache to write back", fields: { messages: ["flush_on_suspend"] } },
      ],
    },
  ],
  notes: [
    "A suspended device is resumed even if its disk is gone: I/O then fails, which ends an unmount that would otherwise wait for ever. One that nothing lies on, or without a table, is removed as it is",
    "A writecache commits what it holds before it writes back, so that a write-back that exceeds its limit loses nothing",
    "Deferred removals are carried out like others; it does not matter who comes first",
    "What each target does when it is removed stands in the list of [targets](#device-mapper-targets)",
  ],
  machines: [
    "dm linear and striped",
    "dm crypt",
    "thin pool",
    "cache with dirty blocks",
    "writecache with dirty blocks",
    "snapshot and origin",
    "dm mirror and raid",
    "dm integrity",
    "dm verity",
    "multipath with a dead path",
    "multipath without any path",
    "deferred removal",
    "suspended and tableless devices",
    "mounted on a suspended device",
    "vdo",
  ],
};
