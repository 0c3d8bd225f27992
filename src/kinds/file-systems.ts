import type { Node } from "../teardown/graph/node.ts";
import type { Mount } from "../teardown/snapshot/snapshot.ts";

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

/** Whether a node is a mount of such a file system. */
export function isApiMount(node: Node): node is Extract<Node, { readonly kind: "mount" }> {
  return node.kind === "mount" && isApiFileSystem(node.mount.fsType);
}

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

/** NFS of any version: "nfs4" is what mountinfo shows from version 4 on. */
export function isNfs(fsType: string): boolean {
  return fsType === "nfs" || fsType === "nfs4";
}

/** Whether a process of this machine answers for it. */
export function isFuse(fsType: string): boolean {
  return fsType === "fuse" || fsType === "fuseblk" || fsType.startsWith("fuse.");
}

export function isApiFileSystem(fsType: string): boolean {
  return API_FILE_SYSTEMS.has(fsType);
}

/** "mnt:[4026532301]" is the root of such a mount (kernel: fs/nsfs.c). */
export function isMountNamespace({ fsType, root }: Mount): boolean {
  return fsType === "nsfs" && root.startsWith("mnt:");
}
