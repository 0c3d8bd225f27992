import { ALL, FROM_6_12, type KernelUser } from "./kernel-user.ts";

const TABLE = "DM_TABLE_STATUS, `slaves`";

function makeRow(names: readonly string[], holds: string, how?: string, linux = ALL): KernelUser {
  const done = { kind: "released", by: "dm", ...(how === undefined ? {} : { how }) } as const;
  return { names, linux, holds, seenBy: TABLE, done };
}

/** Every device-mapper target. DM_DEV_REMOVE suspends the target first, which flushes it. */
export const DM_TARGETS: readonly KernelUser[] = [
  makeRow(["linear", "striped", "unstriped", "switch"], "its devices"),
  makeRow(["error", "zero"], "nothing; `error` may name a device (6.12 and 7.2)"),
  makeRow(["delay"], "its devices", "delayed I/O is sent when it is suspended"),
  makeRow(
    ["dust", "flakey"],
    "a device, for tests",
    "I/O that it is configured to drop is lost, as intended",
  ),
  makeRow(["ebs"], "a device, through a buffer", "the buffer is flushed when it is suspended"),
  makeRow(["log-writes"], "a device and one for its log", "it finishes its log when it is removed"),
  makeRow(["crypt"], "a device", "its key is cleared from memory, and the report says so"),
  makeRow(
    ["inlinecrypt"],
    "a device, whose hardware has the key",
    "its key is evicted and cleared, but not reported yet",
    ["7.2"],
  ),
  makeRow(["verity"], "a data device, a hash device, one for error correction"),
  makeRow(["integrity"], "a device, one for its metadata", "its journal is written back"),
  makeRow(
    ["mirror"],
    "its devices, one for its log",
    "a log kept by a process (cmirrord) needs that process until then: it survives only as a storage daemon",
  ),
  makeRow(["raid"], "data and metadata devices", "its superblocks are marked clean"),
  makeRow(
    ["multipath"],
    "its paths",
    "queueing without a path is disabled first; multipathd is not needed",
  ),
  makeRow(
    ["snapshot", "snapshot-merge", "snapshot-origin"],
    "the origin and the store of exceptions",
    "a merge continues at the next activation",
  ),
  makeRow(["thin", "thin-pool"], "the pool; its data and metadata devices", "the pool commits"),
  makeRow(
    ["cache"],
    "origin, cache and metadata devices",
    "dirty blocks stay in the cache, which the origin needs from then on; the metadata is committed",
  ),
  makeRow(["writecache"], "a device and its cache", "written back first (`flush_on_suspend`)"),
  makeRow(
    ["pcache"],
    "a device and a cache in persistent memory",
    "dirty blocks stay in the cache, which the device needs from then on; this is not reported",
    ["7.2"],
  ),
  makeRow(["clone"], "source, destination and metadata devices", "the metadata is committed"),
  makeRow(["era"], "a device and one for its metadata", "the metadata is committed"),
  makeRow(["zoned"], "a zoned device, and a regular one", "its metadata is flushed"),
  makeRow(["vdo"], "a device", "saves its state when it is removed", FROM_6_12),
];
