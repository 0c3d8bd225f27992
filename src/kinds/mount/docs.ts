import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "mount",
  summary: "Every mount of every file system",
  holds:
    "the mount that it is mounted on, the block device of its superblock, and each device in its options (`logdev=/dev/…`)",
  seenBy: "/proc/self/mountinfo",
  steps: [
    {
      step: "umount",
      does: "thaws the file system, syncfs(2) (which reports lost writes, unlike umount2(2)), umount2(2)",
      verifiedBy: "statx(2): another mount ID at its path; otherwise mountinfo",
      variants: [
        {
          when: "if a server answers for it (FUSE, NFS, CIFS, 9p, virtiofs and others)",
          fields: { served: true },
        },
        {
          when: "if it is detached (MNT_DETACH), like the kernel's own file systems",
          fields: { lazy: true },
        },
      ],
    },
  ],
  notes: [
    "One that stays busy, or that only a loop device or swap keeps which cannot be released, is synced, made read-only or shut down, and detached in the last attempt, so that the mount below it is released. It is reported as left, and its devices are not tried",
    "Mounts that the initramfs left in its own root file system, beneath the root, are first moved to /mnt to make them visible: all mounts are copied, the original tree is detached, and PID 1 enters its namespace again. This is rehearsed in a copy; nothing is moved if the mount beneath is shared, or while a process uses the old root",
    "If the server does not answer, the unmount is tried again with MNT_FORCE after the server's process was killed",
    "If an NFS, SMB, Ceph or AFS mount that is not read-only cannot be opened because its server is gone (ESTALE, EIO, ETIMEDOUT, EHOSTDOWN), its data counts as lost unless nothing on the machine is unwritten (Dirty and Writeback of /proc/meminfo). FUSE, 9p and virtiofs, which usually write at once, do not",
    "A mount that contains the image of its own root is detached, and its devices wait for the loop device",
    "A mount whose path is longer than 16 KiB, which the owner of the directories above it can achieve, has no step of its own that could succeed: the mount that it is on is synced and detached with it, after everything else there",
    "Quota files are inodes of the file system itself, whose unmount closes them",
    "The list of [file systems](#file-systems) says what is done for each file system of Linux",
  ],
  leftOut: [
    "Mounts in namespaces of processes, which are killed first. A superblock that stays active is reported with its holders",
    "Additional devices that mountinfo does not show, of a JFS (log) or F2FS. They are released a round later, or reported",
  ],
  machines: [
    "stacked mounts",
    "bind mounts",
    "hidden mounts",
    "mount namespace of a process",
    "names of all bytes",
    "holder processes",
    "busy mount moved to run",
    "3,000 mounts",
    "frozen file system",
    "read-only after an error",
    "vfat",
    "f2fs",
    "ext4 with quotas",
  ],
};
