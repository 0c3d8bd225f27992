import {
  clearKeyring,
  close,
  fsync,
  ioctl,
  kill,
  MNT_DETACH,
  MNT_FORCE,
  MS_RDONLY,
  MS_REMOUNT,
  mount,
  O_CLOEXEC,
  O_DIRECTORY,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  open,
  removeSharedMemory,
  rmdir,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  sleep,
  swapoff,
  sync,
  syncFileRange,
  syncfs,
  UMOUNT_NOFOLLOW,
  umount2,
  unlink,
  writeFile,
} from "exitrd:sys";
import { DM_CONTROL } from "../kinds/dm/protocol.ts";
import { FUSE_CONNECTIONS } from "../kinds/fuse/protocol.ts";
import { attempt, catchSysError, throwLossFirst } from "../port/sys-error.ts";
import type { DeviceCall, Kernel } from "../port/teardown.ts";
import { takeDrbdDown } from "./drbd.ts";
import { logOutOfIscsi } from "./iscsi.ts";
import { isShortPath, withShortPath } from "./short-path.ts";
import { withOpen } from "./with-open.ts";

// linux/fs.h: _IOWR('X', 120, int)
const FITHAW = 0xc0045878;

// linux/fs/ext4/ext4.h: _IOR('X', 125, __u32). 0 means to write everything first.
const FS_IOC_SHUTDOWN = 0x8004587d;

// Character devices that require write access for their requests.
const CONTROL_DEVICES: readonly string[] = [DM_CONTROL, "/dev/zfs"];

// linux/keyctl.h: KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING, KEY_SPEC_USER_SESSION_KEYRING
const KEYRINGS: readonly number[] = [-3, -4, -5];

const SIGNALS = { SIGTERM, SIGSTOP, SIGCONT, SIGKILL } as const;

/** The `Kernel` port on the running kernel. */
export const hostKernel: Kernel = {
  umount: (target, { lazy, force }) => {
    const flags = UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0) | (force ? MNT_FORCE : 0);
    // The descriptor of a parent directory would keep that file system busy while this call hangs.
    if (isShortPath(target)) umount2(target, flags);
    else withShortPath(target, (path) => umount2(path, flags));
  },
  thaw: (target) =>
    withDirectory(target, (fd) => {
      ioctl(fd, FITHAW, new ArrayBuffer(4));
    }),
  shutDown: (target) =>
    withDirectory(target, (fd) => {
      ioctl(fd, FS_IOC_SHUTDOWN, new ArrayBuffer(4));
    }),
  remountReadOnly: (target) =>
    withShortPath(target, (path) => mount("none", path, "", MS_REMOUNT | MS_RDONLY, "")),
  swapoff: (path) => swapoff(path),
  write: (path, text) => writeFile(path, text, O_WRONLY),
  unlink: (path) => unlink(path),
  rmdir: (path) => rmdir(path),
  control: (path, calls) => withOpen(path, accessOf(path), (fd) => makeCalls(fd, calls)),
  flushAndControl: (path, calls) =>
    withOpen(path, O_RDONLY, (fd) => {
      const loss = catchSysError(() => fsync(fd));
      throwLossFirst(loss, () => makeCalls(fd, calls));
      return loss === undefined ? undefined : "data-lost";
    }),
  flush: (path) => withOpen(path, O_RDONLY, fsync),
  writePages: (path) => withOpen(path, O_RDONLY, syncFileRange),
  claim: (name) => withOpen(`/dev/${name}`, O_RDONLY | O_EXCL, () => {}),
  drbdDown: (resource) => takeDrbdDown(resource),
  iscsiLogout: (connection) => logOutOfIscsi(connection),
  syncFs: (target) => withDirectory(target, syncfs),
  syncAll: () => sync(),
  kill: (pid, signal) => kill(pid, SIGNALS[signal]),
  removeSharedMemory,
  clearKeyrings: () => {
    for (const id of KEYRINGS) attempt(() => clearKeyring(id));
  },
  mountFuseControl: () => mount("fusectl", FUSE_CONNECTIONS, "fusectl", 0, ""),
  sleep: (milliseconds) => sleep(milliseconds),
};

function withDirectory(target: string, use: (fd: number) => void): void {
  // The parent's descriptor is closed before the call that may hang: it would keep that file system
  // busy.
  const fd = withShortPath(target, (path) => open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  try {
    use(fd);
  } finally {
    close(fd);
  }
}

/** Block devices are opened read-only: opening one for writing would wake processes that watch it. */
function accessOf(path: string): number {
  return CONTROL_DEVICES.includes(path) ? O_RDWR : O_RDONLY;
}

function makeCalls(fd: number, calls: readonly DeviceCall[]): void {
  for (const { request, argument } of calls) ioctl(fd, request, argument);
}
