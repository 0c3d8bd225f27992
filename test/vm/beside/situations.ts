import type { Row } from "../zoo/row.ts";
import { blockedRows } from "../zoo/rows/blocked.ts";
import { kernelRows } from "../zoo/rows/kernel.ts";
import { muteRows } from "../zoo/rows/mute.ts";
import { unkillableRows } from "../zoo/rows/processes.ts";
import { reportedRows } from "../zoo/rows/reported.ts";

const names = [
  "loop on a file system with an error",
  "loop over a FUSE whose server was killed",
  "md raid1 whose last leg failed",
  "daemon that serves no storage",
  "process in a frozen group",
  "loop on an empty file",
  "uprobe events of a program",
  "volume that LIO serves",
  "mounted on a suspended device",
  "multipath without any path",
  "fuseblk whose server hangs",
  "disk that hangs",
  "forty file systems on a disk that hangs",
  "loop on a FUSE whose server hangs",
  "thin pool whose metadata device is suspended",
];

const rows: readonly Row[] = [
  ...reportedRows,
  ...kernelRows,
  ...blockedRows,
  ...unkillableRows,
  ...muteRows,
];

/** Healthy storage: a file system, and a volume with a known key. */
export const healthyRow: Row = {
  name: "healthy",
  // The first partition is on the first disk, whose superblock the host reads.
  parts: [32, 32],
  build: `dmsetup create zoo-healthy --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-healthy
key=$(echo exitrd | sha512sum | cut -d ' ' -f 1)
dmsetup create zoo-secret --table "0 $(sectors $d2) crypt aes-xts-plain64 $key 0 $d2 0"
mkdir /zoo/secret
ext4_with_data /dev/mapper/zoo-secret /zoo/secret
`,
  inspect: "true\n",
};

/** The faults of the zoo that both programs get, each in its own machine. */
export const situations: readonly Row[] = [
  { name: "nothing is wrong", build: "true\n", inspect: "true\n" },
  ...names.map((name) => {
    const row = rows.find((one) => one.name === name);
    if (row === undefined) throw new Error(`no row '${name}'`);
    return row;
  }),
];
