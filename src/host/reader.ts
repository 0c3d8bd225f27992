import {
  getxattr,
  ioctl,
  O_EXCL,
  O_RDONLY,
  read,
  readdir,
  readFile,
  readlink,
  readPage,
  S_IFBLK,
  S_IFMT,
  S_IFREG,
  stat,
  uname,
} from "exitrd:sys";
import { type DmTargetSpec, decodeDmTargets } from "../kinds/dm/answers.ts";
import { queuesWithoutPath } from "../kinds/dm/multipath.ts";
import {
  DM_BUFFER_FULL_FLAG,
  DM_DEFERRED_REMOVE,
  DM_NOFLUSH_FLAG,
  DM_STATUS_TABLE_FLAG,
  DM_SUSPEND_FLAG,
  DM_TABLE_STATUS,
  type DmStatus,
  decodeDmStatus,
  encodeDmRequest,
} from "../kinds/dm/protocol.ts";
import type { DmState } from "../kinds/dm/state.ts";
import { decodeLoopInfo64, LOOP_GET_STATUS64, LOOP_INFO64_SIZE } from "../kinds/loop/protocol.ts";
import { BITMAP_FILE_SIZE, decodeBitmapFile, GET_BITMAP_FILE } from "../kinds/md/protocol.ts";
import {
  BLKZNAME,
  BLKZNAME_SIZE,
  decodeLabelPool,
  POOL_LABEL_SIZE,
} from "../kinds/zpool/protocol.ts";
import { isSysError } from "../port/sys-error.ts";
import type { Claims, Reader } from "../port/teardown.ts";
import { readByteString } from "../text/struct-bytes.ts";
import { callDm } from "./dm.ts";
import { readDrbdResource } from "./drbd.ts";
import { readMountinfo } from "./read-mountinfo.ts";
import { PATH_MAX, withShortPath } from "./short-path.ts";
import { withOpen } from "./with-open.ts";

// Enough for the status of a few targets; doubled twice if the kernel reports that it is not.
const DM_ANSWER_SIZE = 2048;

/** The `Reader` port on the running kernel. */
export const hostReader: Reader & Claims = {
  // Most reads are of devices in sysfs, where a second read(2) would only return end of file. What is
  // mounted elsewhere below /sys, such as tracefs, has longer files.
  readText: (path) => {
    if (path === "/proc/self/mountinfo") return readMountinfo(path);
    return /^\/sys\/(?:block|class|dev)\//.test(path) ? readPage(path) : readFile(path);
  },
  readDir: (path) => readdir(path).sort(),
  readLink: (path) => readlink(path),
  stat: (path) => {
    const { dev, rdev, mountId, uid, mode } =
      path.length < PATH_MAX ? stat(path) : withShortPath(path, stat);
    const type = mode & S_IFMT;
    const isProgram = type === S_IFREG && (mode & 0o111) !== 0;
    return { dev, rdev, mountId, uid, isBlock: type === S_IFBLK, isProgram };
  },
  readAttribute: (path, name) => getxattr(path, name),
  kernelRelease: () => uname().release,
  readDm,
  readLoopBackingDev,
  readMdBitmapFile,
  readDrbdResource,
  readZvolName,
  readPoolLabel,
  isClaimed,
};

function readDm(dev: string): DmState {
  const { status, targets } = readTargets(dev, 0);
  // queue_if_no_path is only in the table line, which is not read for other devices: that of a
  // crypt contains its key.
  const isMultipath = targets.some((target) => target.type === "multipath");
  const lines = isMultipath ? readTargets(dev, DM_STATUS_TABLE_FLAG).targets : [];
  const queueing = new Set(
    lines
      .filter(({ type, params }) => type === "multipath" && queuesWithoutPath(params))
      .map(({ start }) => start),
  );
  return {
    name: status.name,
    uuid: status.uuid,
    suspended: (status.flags & DM_SUSPEND_FLAG) !== 0,
    openCount: status.openCount,
    deferredRemove: (status.flags & DM_DEFERRED_REMOVE) !== 0,
    targets: targets.map(({ start, length, type }) => ({
      start,
      length,
      type,
      ...(queueing.has(start) ? { queuesWithoutPath: true } : {}),
    })),
  };
}

function readTargets(
  dev: string,
  flags: number,
): { readonly status: DmStatus; readonly targets: readonly DmTargetSpec[] } {
  let size = DM_ANSWER_SIZE;
  for (;;) {
    // Without NOFLUSH a thin pool or cache commits its metadata first, which blocks if its disk is
    // dead.
    const request = encodeDmRequest({ dev, flags: flags | DM_NOFLUSH_FLAG, size });
    const answer = callDm(DM_TABLE_STATUS, request);
    const status = decodeDmStatus(answer);
    if ((status.flags & DM_BUFFER_FULL_FLAG) === 0) {
      return { status, targets: decodeDmTargets(answer) };
    }
    size *= 4;
  }
}

function readLoopBackingDev(name: string): string {
  return withDevice(name, (fd) => {
    const info = new ArrayBuffer(LOOP_INFO64_SIZE);
    ioctl(fd, LOOP_GET_STATUS64, info);
    const { dev, rdev } = decodeLoopInfo64(info);
    return rdev === "0:0" ? dev : rdev;
  });
}

function readZvolName(name: string): string {
  return withDevice(name, (fd) => {
    const buffer = new ArrayBuffer(BLKZNAME_SIZE);
    ioctl(fd, BLKZNAME, buffer);
    return readByteString(new DataView(buffer), 0, BLKZNAME_SIZE);
  });
}

function readPoolLabel(name: string): string | undefined {
  return withDevice(name, (fd) => {
    const label = new Uint8Array(POOL_LABEL_SIZE);
    for (let at = 0; at < label.length; ) {
      const part = read(fd, label.length - at);
      // The device is too small for a pool: the missing bytes stay zero.
      if (part.length === 0) break;
      label.set(part, at);
      at += part.length;
    }
    return decodeLabelPool(label);
  });
}

function readMdBitmapFile(name: string): string {
  return withDevice(name, (fd) => {
    const answer = new ArrayBuffer(BITMAP_FILE_SIZE);
    ioctl(fd, GET_BITMAP_FILE, answer);
    return decodeBitmapFile(answer);
  });
}

function withDevice<T>(name: string, use: (fd: number) => T): T {
  return withOpen(`/dev/${name}`, O_RDONLY, use);
}

function isClaimed(name: string): boolean {
  try {
    return withOpen(`/dev/${name}`, O_RDONLY | O_EXCL, () => false);
  } catch (thrown) {
    if (isSysError(thrown) && thrown.code === "EBUSY") return true;
    throw thrown;
  }
}
