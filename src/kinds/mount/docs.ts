import type { KindDocs } from "../kind-docs.ts";

export const docs: KindDocs = {
  title: "mount",
  summary: "Every mount of every file system",
  holds:
    "the mount that it hangs from, the block device of its superblock, and each device that its options name (`logdev=/dev/…`)",
  seenBy: "/proc/self/mountinfo",
  steps: [
    {
      step: "umount",
      does: "thaws the file system, syncfs(2) (which returns lost writes, as umount2(2) does not), umount2(2)",
      verifiedBy: "statx(2): another mount ID at its place; else mountinfo",
      variants: [
        {
          when: "if a server answers for it (FUSE, NFS, CIFS, 9p, virtiofs and others)",
          fields: { served: true },
        },
        {
          when: "if it is detached (MNT_DETACH), as file systems of the kernel itself are",
          fields: { lazy: true },
        },
      ],
    },
  ],
  notes: [
    "If the server does not answer, the unmount is tried again with MNT_FORCE after the server's process was ended",
    "A mount that holds the image of its own root is detached, and its devices wait for the loop device",
    "Quota files are the file system's own inodes; its unmount closes them",
    "What is done for each file system of Linux stands in the list of [file systems](#file-systems)",
  ],
  leftOut: [
    "Mounts in namespaces of processes: these are killed first. A superblock that lives on is named with its holders",
    "Further devices that mountinfo does not show: of a JFS (log), an EROFS or a F2FS. They are released a round later, or named",
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
