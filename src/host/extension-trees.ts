import {
  close,
  FSCONFIG_CMD_CREATE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  fsconfig,
  fsmount,
  fsopen,
  getxattr,
  ioctl,
  lstat,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  memfdCreate,
  mknod,
  O_RDONLY,
  O_RDWR,
  readdir,
  readFileBytes,
  S_IFCHR,
  S_IFMT,
  S_IFREG,
  write,
} from "exitrd:sys";
import type { FoundFile } from "../core/extension/check-files.ts";
import type { FileSystemType } from "../core/extension/find-file-system.ts";
import {
  encodeLoopConfig,
  LO_FLAGS_AUTOCLEAR,
  LO_FLAGS_READ_ONLY,
  LOOP_CONFIGURE,
  LOOP_CTL_GET_FREE,
} from "../core/parse/loop.ts";
import type { ExtensionTree, ExtensionTrees } from "../port/extension-trees.ts";
import { isSysError } from "../port/sys-error.ts";
import { withOpen } from "./with-open.ts";

const LOOP_CONTROL = "/dev/loop-control";

/** Somebody else may take the same free loop device in between. */
const mostAttempts = 16;

/** The `ExtensionTrees` port on the host's files, loop devices and mount calls. */
export const hostExtensionTrees: ExtensionTrees = {
  openDirectory: (path) => openTree(path, () => {}),
  openFileSystem,
};

function openFileSystem(type: FileSystemType, data: Uint8Array): ExtensionTree {
  const file = memfdCreate("exitrd-extension");
  try {
    for (let at = 0; at < data.length; ) at += write(file, data.subarray(at));
    const mount = withLoop(file, (device) => mountReadOnly(type, device));
    return openTree(`/proc/self/fd/${mount}`, () => close(mount));
  } finally {
    close(file);
  }
}

/** Attaches a loop device for `use`; it goes with the last that has it open or mounted. */
function withLoop<T>(file: number, use: (device: string) => T): T {
  for (let attempt = 1; ; attempt++) {
    const device = `/dev/loop${findFreeLoop()}`;
    try {
      return withOpen(device, O_RDONLY, (fd) => {
        ioctl(fd, LOOP_CONFIGURE, encodeLoopConfig(file, LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR));
        return use(device);
      });
    } catch (thrown) {
      const isTaken = isSysError(thrown) && thrown.syscall === "ioctl" && thrown.code === "EBUSY";
      if (!isTaken || attempt === mostAttempts) throw thrown;
    }
  }
}

/**
 * Until its module is loaded there is no node for it, unless somebody made
 * that: systemd does, an initrd of initramfs-tools does not. Opening one loads
 * the module (Documentation/admin-guide/devices.txt: 10, 237).
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

function mountReadOnly(type: FileSystemType, device: string): number {
  const context = fsopen(type);
  try {
    fsconfig(context, FSCONFIG_SET_STRING, "source", device);
    fsconfig(context, FSCONFIG_SET_FLAG, "ro", null);
    fsconfig(context, FSCONFIG_CMD_CREATE, null, null);
    return fsmount(context, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  } finally {
    close(context);
  }
}

function openTree(top: string, end: () => void): ExtensionTree {
  // "/." too: the link in /proc is to be followed.
  const inTree = (path: string) => `${top}/${path === "" ? "." : path}`;
  return {
    readDir: (path) => readdir(inTree(path)),
    status: (path) => readStatus(inTree(path), path),
    readBytes: (path, max) => readFileBytes(inTree(path), max),
    close: end,
  };
}

function readStatus(at: string, path: string): FoundFile {
  const { mode, nlink, size } = lstat(at);
  const isFile = (mode & S_IFMT) === S_IFREG;
  return { path, mode, links: nlink, size, hasCapabilities: isFile && hasCapabilities(at) };
}

function hasCapabilities(path: string): boolean {
  try {
    getxattr(path, "security.capability");
    return true;
  } catch (thrown) {
    if (isSysError(thrown) && (thrown.code === "ENODATA" || thrown.code === "EOPNOTSUPP")) {
      return false;
    }
    throw thrown;
  }
}
