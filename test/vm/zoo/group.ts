import type { Cue } from "../machine/spec.ts";
import { checkFirst, leaveEmptyDev, leaveWithoutApi, leaveWithoutRoom } from "./leaving.ts";
import type { Row } from "./row.ts";
import { bcachefsRows } from "./rows/bcachefs.ts";
import { blockedRows } from "./rows/blocked.ts";
import { brokenRows } from "./rows/broken.ts";
import { cephRows, lostCephRows } from "./rows/ceph.ts";
import { deviceMapperRows } from "./rows/device-mapper.ts";
import { erofsRows } from "./rows/erofs.ts";
import { failingDiskCues, failingDiskRows } from "./rows/failing-disks.ts";
import { fileSystemRows } from "./rows/file-systems.ts";
import { fileRows } from "./rows/files.ts";
import { kernelRows } from "./rows/kernel.ts";
import { mdRows } from "./rows/md.ts";
import { memoryRows } from "./rows/memory.ts";
import { manyMountsRows, mountRows } from "./rows/mounts.ts";
import { muteRows } from "./rows/mute.ts";
import { deadServerRows, lostServerRows, networkRows } from "./rows/network.ts";
import { plainRows } from "./rows/plain.ts";
import { crowdRows, roomlessRows, unkillableRows } from "./rows/processes.ts";
import { reportedRows } from "./rows/reported.ts";
import { ublkRows } from "./rows/ublk.ts";
import { usbRows } from "./rows/usb.ts";
import { vdoRows } from "./rows/vdo.ts";
import { zfsRows } from "./rows/zfs.ts";
import type { GuestKind } from "./storage-base.ts";

/** Rows that share one machine. */
export interface Group {
  readonly name: string;
  /** The base system that it needs; the common one if absent. */
  readonly guest?: GuestKind;
  readonly rows: readonly Row[];
  /** The power is cut as soon as everything is built: every row must be dirty afterwards. */
  readonly isControl: boolean;
  /** Bash, sourced after everything is built: changes how `leave.sh` leaves the machine. */
  readonly leaving?: string;
  /** Events for its disks. */
  readonly cues?: readonly Cue[];
}

const allRows: readonly Row[] = [
  ...mountRows,
  ...fileRows,
  ...deviceMapperRows,
  ...mdRows,
  ...fileSystemRows,
  ...kernelRows,
  ...brokenRows,
  ...reportedRows,
  // Last, because LVM scans every device and would wait for the suspended one.
  ...blockedRows,
];
const releasedRows = allRows.filter((row) => row.expectedLeft === undefined);
const trixieRows = [...vdoRows, ...bcachefsRows, ...erofsRows, ...ublkRows, ...usbRows];
const otherRows = allRows.filter((row) => row.expectedLeft !== undefined);

/** One fault per machine: the deadline must be met, and nothing else may be lost. */
const faultGroups: readonly Group[] = [
  { name: "fault: 5,000 stopped processes and a fork bomb", rows: crowdRows, isControl: false },
  {
    name: "fault: no process can be started",
    rows: roomlessRows,
    isControl: false,
    leaving: leaveWithoutRoom,
  },
  {
    name: "fault: a disk that hangs, and who waits for it",
    rows: unkillableRows,
    isControl: false,
  },
  {
    name: "fault: a disk that fails and one that is pulled out",
    rows: failingDiskRows,
    isControl: false,
    cues: failingDiskCues,
  },
  { name: "fault: memory is full", rows: memoryRows, isControl: false },
  { name: "fault: 3,000 mounts", rows: manyMountsRows, isControl: false },
  {
    name: "fault: without /proc, /sys and /dev",
    rows: plainRows,
    isControl: false,
    leaving: leaveWithoutApi,
  },
  { name: "fault: /dev is empty", rows: plainRows, isControl: false, leaving: leaveEmptyDev },
  { name: "fault: what does not answer", rows: muteRows, isControl: false },
];

export const groups: readonly Group[] = [
  {
    name: "zoo: every stack is released",
    rows: releasedRows,
    isControl: false,
    leaving: checkFirst,
  },
  { name: "zoo: stacks that need a second look", rows: otherRows, isControl: false },
  { name: "control: zoo power cut", rows: releasedRows, isControl: true },
  {
    name: "zoo of trixie: every stack is released",
    guest: "storage-trixie",
    rows: trixieRows,
    isControl: false,
    leaving: checkFirst,
  },
  {
    name: "control: zoo of trixie power cut",
    guest: "storage-trixie",
    rows: trixieRows,
    isControl: true,
  },
  {
    name: "network: sessions are closed",
    guest: "network",
    rows: networkRows,
    isControl: false,
    leaving: checkFirst,
  },
  {
    name: "network: the servers are gone",
    guest: "network",
    rows: lostServerRows,
    isControl: false,
  },
  {
    name: "network: mounts of a dead server",
    guest: "network",
    rows: deadServerRows,
    isControl: false,
  },
  {
    name: "ceph: an image is unmapped",
    guest: "ceph",
    rows: cephRows,
    isControl: false,
    leaving: checkFirst,
  },
  { name: "control: ceph power cut", guest: "ceph", rows: cephRows, isControl: true },
  { name: "ceph: the cluster is gone", guest: "ceph", rows: lostCephRows, isControl: false },
  {
    name: "zfs 2.1: pools are exported",
    guest: "zfs-2.1",
    rows: zfsRows,
    isControl: false,
    leaving: checkFirst,
  },
  {
    name: "zfs 2.3: pools are exported",
    guest: "zfs-2.3",
    rows: zfsRows,
    isControl: false,
    leaving: checkFirst,
  },
  { name: "control: zfs power cut", guest: "zfs-2.1", rows: zfsRows, isControl: true },
  ...faultGroups,
];
