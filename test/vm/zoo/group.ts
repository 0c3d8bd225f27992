import type { Row } from "./row.ts";
import { blockedRows } from "./rows/blocked.ts";
import { brokenRows } from "./rows/broken.ts";
import { deviceMapperRows } from "./rows/device-mapper.ts";
import { fileSystemRows } from "./rows/file-systems.ts";
import { fileRows } from "./rows/files.ts";
import { mdRows } from "./rows/md.ts";
import { mountRows } from "./rows/mounts.ts";
import { lostServerRows, networkRows } from "./rows/network.ts";
import { zfsRows } from "./rows/zfs.ts";
import type { GuestKind } from "./storage-base.ts";

/** Rows that share one machine. */
export interface Group {
  readonly name: string;
  /** The machine that it needs; the common one where it is absent. */
  readonly guest?: GuestKind;
  readonly rows: readonly Row[];
  /** The plug is pulled as soon as all stands: every row has to come out dirty. */
  readonly isControl: boolean;
}

const allRows: readonly Row[] = [
  ...mountRows,
  ...fileRows,
  ...deviceMapperRows,
  ...mdRows,
  ...fileSystemRows,
  ...brokenRows,
  // Last: LVM scans every device, and would wait for the suspended one.
  ...blockedRows,
];
const releasedRows = allRows.filter((row) => row.expectedLeft === undefined);
const otherRows = allRows.filter((row) => row.expectedLeft !== undefined);

export const groups: readonly Group[] = [
  { name: "zoo: every stack is released", rows: releasedRows, isControl: false },
  { name: "zoo: stacks that need a second look", rows: otherRows, isControl: false },
  { name: "control: zoo power cut", rows: releasedRows, isControl: true },
  { name: "network: sessions are closed", guest: "network", rows: networkRows, isControl: false },
  {
    name: "network: the servers are gone",
    guest: "network",
    rows: lostServerRows,
    isControl: false,
  },
  { name: "zfs 2.1: pools are exported", guest: "zfs-2.1", rows: zfsRows, isControl: false },
  { name: "zfs 2.3: pools are exported", guest: "zfs-2.3", rows: zfsRows, isControl: false },
  { name: "control: zfs power cut", guest: "zfs-2.1", rows: zfsRows, isControl: true },
];
