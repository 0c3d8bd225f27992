import { ioctl, mknod, O_RDONLY, O_RDWR, S_IFCHR } from "exitrd:sys";
import {
  encodeLoopConfig,
  LO_FLAGS_AUTOCLEAR,
  LO_FLAGS_READ_ONLY,
  LOOP_CONFIGURE,
  LOOP_CTL_GET_FREE,
} from "../kinds/loop/protocol.ts";
import { isSysError } from "../port/sys-error.ts";
import { withOpen } from "./with-open.ts";

const LOOP_CONTROL = "/dev/loop-control";

/** Another process may claim the same free loop device in between. */
const mostAttempts = 16;

/**
 * Attaches a read-only loop device, "loop7", to an open file for `use`; it is detached
 * automatically by its last close or unmount.
 */
export function withLoop<T>(file: number, use: (name: string) => T): T {
  for (let attempt = 1; ; attempt++) {
    const name = `loop${findFreeLoop()}`;
    try {
      return withOpen(`/dev/${name}`, O_RDONLY, (fd) => {
        ioctl(fd, LOOP_CONFIGURE, encodeLoopConfig(file, LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR));
        return use(name);
      });
    } catch (thrown) {
      const isTaken = isSysError(thrown) && thrown.syscall === "ioctl" && thrown.code === "EBUSY";
      if (!isTaken || attempt === mostAttempts) throw thrown;
    }
  }
}

/**
 * The node does not exist before the module is loaded, unless it was created statically: systemd
 * does that, an initrd by initramfs-tools does not. Opening it loads the module
 * (Documentation/admin-guide/devices.txt: 10, 237).
 */
function findFreeLoop(): number {
  const find = () => withOpen(LOOP_CONTROL, O_RDWR, (fd) => ioctl(fd, LOOP_CTL_GET_FREE));
  try {
    return find();
  } catch (thrown) {
    if (!isSysError(thrown) || thrown.code !== "ENOENT") throw thrown;
    mknod(LOOP_CONTROL, S_IFCHR | 0o600, 10, 237);
    return find();
  }
}
