import { bcachefs } from "./bcachefs/model.ts";
import { btrfs } from "./btrfs/model.ts";
import { erofs } from "./erofs/file-system.ts";
import type { FileSystem } from "./file-system.ts";
import { overlay } from "./overlay/file-system.ts";

/** The file systems with behavior of their own, by their type in mountinfo. */
const FILE_SYSTEMS: Readonly<Record<string, FileSystem>> = { bcachefs, btrfs, erofs, overlay };

export function findFileSystem(fsType: string): FileSystem | undefined {
  return Object.hasOwn(FILE_SYSTEMS, fsType) ? FILE_SYSTEMS[fsType] : undefined;
}

/**
 * File systems that are interfaces of the kernel or memory only. They use no device, so a lazy
 * unmount cannot hide dirty data.
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
  "gadgetfs",
  "hugetlbfs",
  "ibmasmfs",
  "ipathfs",
  "mqueue",
  "nfsd",
  "nsfs",
  "ocfs2_dlmfs",
  "openpromfs",
  "proc",
  "pstore",
  "ramfs",
  "resctrl",
  "rootfs",
  "rpc_pipefs",
  "s390_hypfs",
  "securityfs",
  "selinuxfs",
  "smackfs",
  "spufs",
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
 * Whether a server serves the file system: a process of this machine, which is ended after the
 * unmount, or another machine. If it does not answer any more, the unmount blocks. MNT_FORCE has an
 * effect on these file systems only.
 */
export function hasServer(fsType: string): boolean {
  return isRemote(fsType) || isFuse(fsType);
}

/** Whether another machine serves it, and the kernel writes to it later unless told otherwise. */
export function cachesWrites(fsType: string): boolean {
  return isRemote(fsType) && fsType !== "9p" && fsType !== "virtiofs";
}

/** Whether another machine serves it, or the host of this virtual machine. */
export function isRemote(fsType: string): boolean {
  return NETWORK_FILE_SYSTEMS.has(fsType);
}

/** The machine that a network file system's source names: "nas:/export", "//nas/share". */
export function findServer(fsType: string, source: string): string | undefined {
  if (!isRemote(fsType)) return undefined;
  const found = /^\/\/([^/]+)\//.exec(source) ?? /^(\[[^\]]+\]|[^/:]+):/.exec(source);
  return found?.[1];
}

/** NFS of any version: mountinfo shows "nfs4" from version 4 on. */
export function isNfs(fsType: string): boolean {
  return fsType === "nfs" || fsType === "nfs4";
}

/** SMB: mountinfo shows the name by which it was mounted. */
export function isSmb(fsType: string): boolean {
  return fsType === "cifs" || fsType === "smb3";
}

/** Whether a process of this machine serves it. */
export function isFuse(fsType: string): boolean {
  return /^fuse(?:blk)?(?:\.|$)/.test(fsType);
}

/**
 * Whether the file system is clean after FS_IOC_SHUTDOWN. XFS supports it, but needs recovery
 * afterwards (seen on Linux 6.1); f2fs was not tested.
 */
export function isCleanAfterShutdown(fsType: string): boolean {
  return fsType === "ext4";
}

export function isApiFileSystem(fsType: string): boolean {
  return API_FILE_SYSTEMS.has(fsType);
}
