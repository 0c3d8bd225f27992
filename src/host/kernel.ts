import {
  fsync,
  ioctl,
  kill,
  MNT_DETACH,
  MNT_FORCE,
  MS_RDONLY,
  MS_REMOUNT,
  mount,
  O_DIRECTORY,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  readFile,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  sleep,
  swapoff,
  sync,
  syncfs,
  UMOUNT_NOFOLLOW,
  umount2,
  writeFile,
} from "exitrd:sys";
import {
  DM_DEV_REMOVE,
  DM_DEV_SUSPEND,
  DM_TARGET_MSG,
  encodeDmMessage,
  encodeDmRequest,
} from "../kinds/dm/protocol.ts";
import { LOOP_CLR_FD } from "../kinds/loop/protocol.ts";
import { STOP_ARRAY } from "../kinds/md/protocol.ts";
import { NBD_CLEAR_SOCK, NBD_DISCONNECT } from "../kinds/nbd/protocol.ts";
import { encodePoolExport, ZFS_IOC_POOL_EXPORT } from "../kinds/zpool/protocol.ts";
import type { Kernel } from "../port/kernel.ts";
import { attempt } from "../port/sys-error.ts";
import { callDm } from "./dm.ts";
import { takeDrbdDown } from "./drbd.ts";
import { logOutOfIscsi } from "./iscsi.ts";
import { withOpen } from "./with-open.ts";

// linux/fs.h: _IOWR('X', 120, int)
const FITHAW = 0xc0045878;

const SIGNALS = { SIGTERM, SIGSTOP, SIGKILL } as const;

/** The `Kernel` port on the running kernel. */
export const hostKernel: Kernel = {
  umount: (target, { lazy, force }) =>
    umount2(target, UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0) | (force ? MNT_FORCE : 0)),
  thaw: (target) =>
    withOpen(target, O_RDONLY | O_DIRECTORY, (fd) => {
      ioctl(fd, FITHAW, new ArrayBuffer(4));
    }),
  remountReadOnly: (target) => mount("none", target, "", MS_REMOUNT | MS_RDONLY, ""),
  swapoff: (path) => swapoff(path),
  loopDetach: (name) =>
    withOpen(`/dev/${name}`, O_RDONLY, (fd) => {
      // It does not flush on its own what is still in its page cache.
      fsync(fd);
      ioctl(fd, LOOP_CLR_FD, 0);
    }),
  dmRemove: (dev) => {
    callDm(DM_DEV_REMOVE, encodeDmRequest({ dev, flags: 0, size: 512 }));
  },
  dmMessage: (dev, sector, text) => {
    callDm(DM_TARGET_MSG, encodeDmMessage({ dev, flags: 0 }, sector, text));
  },
  dmResume: (dev) => {
    callDm(DM_DEV_SUSPEND, encodeDmRequest({ dev, flags: 0, size: 512 }));
  },
  zramReset: (name) => writeFile(`/sys/block/${name}/reset`, "1", O_WRONLY),
  bcacheWriteBack: (name) => {
    // The last of them wakes the thread, which then goes by the others
    // (kernel: drivers/md/bcache/sysfs.c, writeback.c).
    for (const [knob, value] of [
      ["writeback_percent", "0"],
      ["writeback_delay", "0"],
      ["writeback_running", "1"],
    ] as const) {
      writeFile(`/sys/block/${name}/bcache/${knob}`, value, O_WRONLY);
    }
  },
  bcacheStop: (name) => writeFile(`/sys/block/${name}/bcache/stop`, "1", O_WRONLY),
  bcacheSetStop: (uuid) => writeFile(`/sys/fs/bcache/${uuid}/stop`, "1", O_WRONLY),
  nbdDisconnect: (name) =>
    withOpen(`/dev/${name}`, O_RDONLY, (fd) => {
      fsync(fd);
      ioctl(fd, NBD_DISCONNECT, 0);
      // What a process connected, it clears itself; what netlink connected, nobody else does.
      ioctl(fd, NBD_CLEAR_SOCK, 0);
    }),
  mdMarkClean: (name) => writeFile(`/sys/block/${name}/md/array_state`, "clean", O_WRONLY),
  mdStop: (name) => {
    freezeSync(name);
    withOpen(`/dev/${name}`, O_RDONLY, (fd) => {
      // A container has no data of its own, and answers a flush with EIO.
      if (readAttribute(name, "array_state") !== "inactive") fsync(fd);
      ioctl(fd, STOP_ARRAY, 0);
    });
  },
  zpoolExport: (name, hardForce) =>
    withOpen("/dev/zfs", O_RDWR, (fd) => {
      ioctl(fd, ZFS_IOC_POOL_EXPORT, encodePoolExport(name, hardForce));
    }),
  drbdDown: (resource) => takeDrbdDown(resource),
  nvmeDelete: (name) => writeFile(`/sys/class/nvme/${name}/delete_controller`, "1", O_WRONLY),
  scsiDelete: (name) => writeFile(`/sys/block/${name}/device/delete`, "1", O_WRONLY),
  flushBinfmt: (target) => writeFile(`${target}/status`, "-1", O_WRONLY),
  nvmeLimitRecovery: (name, seconds) =>
    writeFile(`/sys/class/nvme/${name}/fast_io_fail_tmo`, `${seconds}`, O_WRONLY),
  iscsiLimitRecovery: (session, seconds) =>
    writeFile(`/sys/class/iscsi_session/${session}/recovery_tmo`, `${seconds}`, O_WRONLY),
  iscsiLogout: (connection) => logOutOfIscsi(connection),
  syncFs: (target) => withOpen(target, O_RDONLY | O_DIRECTORY, syncfs),
  syncAll: () => sync(),
  kill: (pid, signal) => kill(pid, SIGNALS[signal]),
  sleep: (milliseconds) => sleep(milliseconds),
};

/**
 * Interrupts what md/sync_action runs; it goes on where it was at the next boot.
 * Frozen, because an idle array that is degraded begins again at once.
 */
function freezeSync(name: string): void {
  const action = readAttribute(name, "sync_action");
  if (action === undefined || action === "idle" || action === "frozen") return;
  attempt(() => writeFile(`/sys/block/${name}/md/sync_action`, "frozen", O_WRONLY));
}

function readAttribute(name: string, attribute: string): string | undefined {
  return attempt(() => readFile(`/sys/block/${name}/md/${attribute}`))?.trim();
}
