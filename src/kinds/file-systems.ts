import { bcachefs } from "./bcachefs/model.ts";
import { btrfs } from "./btrfs/model.ts";
import type { FileSystem } from "./file-system.ts";
import { overlay } from "./overlay/file-system.ts";

/** The file systems that need knowledge of their own, by the type that mountinfo shows. */
const FILE_SYSTEMS: Readonly<Record<string, FileSystem>> = { bcachefs, btrfs, overlay };

export function findFileSystem(fsType: string): FileSystem | undefined {
  return Object.hasOwn(FILE_SYSTEMS, fsType) ? FILE_SYSTEMS[fsType] : undefined;
}

/**
 * File systems that are windows into the kernel or plain memory. They pin no
 * device, so that detaching one lazily hides nothing that could stay dirty.
 */
const API_FILE_SYSTEMS: ReadonlySet<string> = new Set([
  "autofs",
  "binder",
  "binfmt_misc",
  "bpf",
  "cgroup",
  "cgroup2",
  "configfs",
  "cpuset",
  "debugfs",
  "devpts",
  "devtmpfs",
  "efivarfs",
  "functionfs",
  "fusectl",
  "hugetlbfs",
  "mqueue",
  "nfsd",
  "nsfs",
  "proc",
  "pstore",
  "ramfs",
  "resctrl",
  "rootfs",
  "rpc_pipefs",
  "securityfs",
  "selinuxfs",
  "smackfs",
  "sysfs",
  "tmpfs",
  "tracefs",
  "usbfs",
  "xenfs",
]);

const NETWORK_FILE_SYSTEMS: ReadonlySet<string> = new Set([
  "9p",
  "afs",
  "ceph",
  "cifs",
  "nfs",
  "nfs4",
  "smb3",
  "virtiofs",
]);

/**
 * Whether a server answers for the file system: a process of this machine,
 * which is ended once it is unmounted, or another machine. One that answers no
 * more makes unmounting wait, and only for these MNT_FORCE does anything.
 */
export function hasServer(fsType: string): boolean {
  return isRemote(fsType) || isFuse(fsType);
}

/** Whether another machine answers for it, or what runs this one. */
export function isRemote(fsType: string): boolean {
  return NETWORK_FILE_SYSTEMS.has(fsType);
}

/** The machine that a network file system's source names: "nas:/export", "//nas/share". */
export function findServer(fsType: string, source: string): string | undefined {
  if (!isRemote(fsType)) return undefined;
  const found = /^\/\/([^/]+)\//.exec(source) ?? /^(\[[^\]]+\]|[^/:]+):/.exec(source);
  return found?.[1];
}

/** NFS of any version: "nfs4" is what mountinfo shows from version 4 on. */
export function isNfs(fsType: string): boolean {
  return fsType === "nfs" || fsType === "nfs4";
}

/** Whether a process of this machine answers for it. */
export function isFuse(fsType: string): boolean {
  return /^fuse(?:blk)?(?:\.|$)/.test(fsType);
}

/**
 * Whether FS_IOC_SHUTDOWN leaves it clean. XFS has it, too, but needs recovery after it all the same
 * (seen on Linux 6.1); f2fs is not measured.
 */
export function isCleanAfterShutdown(fsType: string): boolean {
  return fsType === "ext4";
}

export function isApiFileSystem(fsType: string): boolean {
  return API_FILE_SYSTEMS.has(fsType);
}
