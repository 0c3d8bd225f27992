import { nvme } from "../disks.ts";
import type { RootStack } from "../root-stack.ts";

// Each image is smaller than the file system that contains it.
const sizes = { b: 1500, c: 1460, root: 1420 };

/** Roots in an image in an image in an image, each mounted below the root inside them. */
export const imageStacks: readonly RootStack[] = [
  {
    name: "images in images, four deep",
    disks: [nvme(1600)],
    build: `modprobe loop
mkfs.ext4 -q /dev/nvme0n1
mount /dev/nvme0n1 /mnt/a
mkdir /mnt/b2 /mnt/c2
truncate -s ${sizes.b}M /mnt/a/b.img
mkfs.ext4 -q /mnt/a/b.img
mount -o loop /mnt/a/b.img /mnt/b2
truncate -s ${sizes.c}M /mnt/b2/c.img
mkfs.ext4 -q /mnt/b2/c.img
mount -o loop /mnt/b2/c.img /mnt/c2
truncate -s ${sizes.root}M /mnt/c2/root.img
loop=$(losetup -f --show /mnt/c2/root.img)
copy_root $loop
losetup -d $loop
umount /mnt/c2 /mnt/b2 /mnt/a
`,
    boot: `modprobe -a nvme ext4 loop
udevadm settle
mkdir -p /run/a /run/b /run/c
mount -t ext4 /dev/nvme0n1 /run/a
losetup /dev/loop0 /run/a/b.img
mount -t ext4 /dev/loop0 /run/b
losetup /dev/loop1 /run/b/c.img
mount -t ext4 /dev/loop1 /run/c
losetup /dev/loop2 /run/c/root.img
`,
    commandLine: "root=/dev/loop2",
    steps: [
      /umount '\/oldroot'/,
      /loop detach 'loop2'/,
      /loop detach 'loop1'/,
      /loop detach 'loop0'/,
    ],
    inspect: `modprobe loop
mkdir /mnt/b2 /mnt/c2
fact_ext4 medium /dev/nvme0n1
mount -o ro,noload /dev/nvme0n1 /mnt/a
fact_ext4 b.img /mnt/a/b.img
mount -o ro,noload,loop /mnt/a/b.img /mnt/b2
fact_ext4 c.img /mnt/b2/c.img
mount -o ro,noload,loop /mnt/b2/c.img /mnt/c2
fact_ext4 root.img /mnt/c2/root.img
`,
    factsWithExitrd: ["medium: clean", "b.img: clean", "c.img: clean", "root.img: clean"],
    // Nothing of the inner images has been written back to the medium without its journal.
    factsWithout: [
      "medium: needs recovery",
      "b.img: needs recovery",
      "c.img: needs recovery",
      "root.img: clean",
    ],
  },
];
