import {
  close,
  FSCONFIG_CMD_CREATE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  fsconfig,
  fsmount,
  fsopen,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
} from "exitrd:sys";
import type { FileSystemType } from "../image/disk-image/find-file-system.ts";

/** Mounts a device's file system detached; returns the descriptor of the mount. */
export function mountReadOnly(type: FileSystemType, device: string): number {
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
