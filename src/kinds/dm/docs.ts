import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "dm (device-mapper)",
  summary: "LVM, LUKS, dm-verity, multipath and everything else made of device-mapper targets",
  holds: "the devices in its tables, including a table that is loaded but not yet live",
  seenBy:
    "DM_TABLE_STATUS for targets, open count and state; `slaves` in sysfs for its backings. If it does not answer, `dm/uuid` gives a guess",
  steps: [
    {
      step: "dm-unblock",
      does: "resumes a suspended device with DM_DEV_SUSPEND, and makes a multipath fail I/O instead of queueing it (`fail_if_no_path`), before anything on the device is released",
      verifiedBy: "its state is read again: not suspended, not queueing",
    },
    {
      step: "dm-remove",
      does: "sync_file_range(2), which reports what an earlier close could not write, `flush_on_suspend` to a writecache, then DM_DEV_REMOVE",
      verifiedBy: "its directory in sysfs is gone",
      variants: [
        { when: "if it has a cache to write back", fields: { messages: ["flush_on_suspend"] } },
      ],
    },
  ],
  notes: [
    "A suspended device is resumed even if its disk is gone: I/O then fails, which ends an unmount that would otherwise wait for ever. A device without holders, or without a table, is removed without being resumed",
    "A writecache commits its contents before it writes them back, so a write-back that exceeds its limit loses nothing",
    "Devices with a deferred removal are removed like others, by exitrd or by the kernel, whichever is first",
    "The list of [targets](#device-mapper-targets) says what each of them does when it is removed",
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
