import {
  chdir,
  chmod,
  chroot,
  close,
  FSCONFIG_CMD_CREATE,
  FSCONFIG_CMD_RECONFIGURE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  fsconfig,
  fsmount,
  fsopen,
  fspick,
  MNT_DETACH,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOSUID,
  MOVE_MOUNT_BENEATH,
  mkdir,
  moveMount,
  O_CREAT,
  O_EXCL,
  O_WRONLY,
  openTree as openClone,
  rmdir,
  symlink,
  UMOUNT_NOFOLLOW,
  umount2,
  writeFile,
} from "exitrd:sys";
import type { RamTree, RamTrees, TreeOption } from "../port/loader.ts";
import { mountVerity } from "./verity.ts";

/** The `RamTrees` port on the kernel's mount API (fsopen(2) and related calls, Linux 5.2). */
export const hostTrees: RamTrees = {
  create,
  unmount: (target) => umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW),
  hold: (path) => {
    const fd = openClone(path);
    return {
      showAt: (target) => moveMount(fd, target, 0),
      close: () => close(fd),
    };
  },
  makeDirectory: (path, mode) => {
    mkdir(path, mode);
    chmod(path, mode);
  },
  removeDirectory: (path) => rmdir(path),
};

function create(fsType: "tmpfs" | "ramfs", options: readonly TreeOption[]): RamTree {
  const context = fsopen(fsType);
  try {
    // Shown in the first column of mount(8).
    fsconfig(context, FSCONFIG_SET_STRING, "source", "exitrd");
    for (const { key, value } of options) {
      const command = value === undefined ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
      fsconfig(context, command, key, value ?? null);
    }
    fsconfig(context, FSCONFIG_CMD_CREATE, null, null);
    return openTree(fsmount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
  } finally {
    close(context);
  }
}

/** A tree on the descriptor of a mount that is not attached yet. */
function openTree(tree: number): RamTree {
  const inTree = (path: string) => `/proc/self/fd/${tree}/${path}`;
  return {
    // chmod(2), since the umask applies to the other two calls.
    makeDirectory: (path, mode) => {
      mkdir(inTree(path), mode);
      chmod(inTree(path), mode);
    },
    writeFile: (path, data, mode) => {
      writeFile(inTree(path), data, O_WRONLY | O_CREAT | O_EXCL, mode);
      chmod(inTree(path), mode);
    },
    makeLink: (path, target) => symlink(target, inTree(path)),
    seal: () => seal(tree),
    openVerity: (path, device) => {
      const { fd, isVerifiedByKernel } = mountVerity(inTree(path), device);
      return {
        isVerifiedByKernel,
        ...attachments(fd),
        close: () => close(fd),
      };
    },
    enter: () => {
      chdir(`/proc/self/fd/${tree}`);
      chroot(".");
    },
    ...attachments(tree),
    close: () => close(tree),
  };
}

function attachments(mount: number): Pick<RamTree, "attach" | "attachBeneath"> {
  return {
    attach: (target) => moveMount(mount, target, 0),
    attachBeneath: (target) => moveMount(mount, target, MOVE_MOUNT_BENEATH),
  };
}

function seal(tree: number): void {
  const context = fspick(tree);
  try {
    fsconfig(context, FSCONFIG_SET_FLAG, "ro", null);
    fsconfig(context, FSCONFIG_CMD_RECONFIGURE, null, null);
  } finally {
    close(context);
  }
}
