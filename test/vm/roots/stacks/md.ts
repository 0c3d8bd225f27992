import { hdd, nvme, twoNvme } from "../disks.ts";
import type { RootStack } from "../root-stack.ts";

/** Roots on MD arrays. */
export const mdStacks: readonly RootStack[] = [
  {
    name: "MD RAID1 with its bitmap in a file",
    disks: [nvme(1500), nvme(1500), nvme(64)],
    build: `echo 'size=48MiB' | sfdisk -q --no-tell-kernel /dev/nvme2n1
blockdev --rereadpt /dev/nvme2n1
mke2fs -q -t ext4 /dev/nvme2n1p1
mount /dev/nvme2n1p1 /mnt/a
mdadm --create --run /dev/md0 --name=root --level=1 --raid-devices=2 --assume-clean --bitmap=/mnt/a/md-bitmap ${twoNvme}
copy_root /dev/md0
mdadm --stop /dev/md0
umount /mnt/a
`,
    noAutoAssembly: true,
    boot: `udevadm settle
mkdir -p /run/md-bitmap
mount -t ext4 /dev/nvme2n1p1 /run/md-bitmap
mdadm --assemble --run /dev/md0 --bitmap=/run/md-bitmap/md-bitmap ${twoNvme}
`,
    commandLine: "root=/dev/md0",
    use: `cat /proc/mdstat
grep -q 'bitmap: .*file: /run/md-bitmap' /proc/mdstat
`,
    steps: [/umount '\/oldroot'/, /md stop 'md0'/],
    inspect: `fact_ext4 bitmap /dev/nvme2n1p1
fact_members ${twoNvme}
mdadm --assemble --readonly --run /dev/md0 ${twoNvme}
fact_resync md0
fact_ext4 root /dev/md0
`,
    factsWithExitrd: [
      "bitmap: clean",
      "member nvme0n1: clean",
      "member nvme1n1: clean",
      "md0: resync from none",
      "root: clean",
    ],
    factsWithout: [
      "bitmap: needs recovery",
      "member nvme0n1: clean",
      "member nvme1n1: clean",
      "md0: resync from none",
      "root: clean",
    ],
  },
  {
    name: "MD RAID1 of NVMe and HDD with write-behind",
    disks: [nvme(1500), hdd(1500)],
    build: `mdadm --create --run /dev/md0 --name=root --level=1 --raid-devices=2 --assume-clean --bitmap=internal --write-behind=256 /dev/nvme0n1 --write-mostly $hdd
copy_root /dev/md0
cat /proc/mdstat
mdadm --stop /dev/md0
`,
    commandLine: "root=/dev/md/root",
    use: `cat /proc/mdstat
grep -q '(W)' /proc/mdstat
mdadm --examine-bitmap /dev/nvme0n1 | grep 'Write Mode : Allow write behind'
`,
    steps: [/umount '\/oldroot'/, /md stop 'md/],
    inspect: `ln -s $hdd /dev/hdd
fact_members /dev/nvme0n1 /dev/hdd
for member in /dev/nvme0n1 /dev/hdd; do
  mdadm --examine-bitmap $member >/tmp/bitmap
  cat /tmp/bitmap
  fact "bitmap of \${member#/dev/}: $(sed -n 's/.*(chunks), \\([0-9]* dirty\\).*/\\1/p' /tmp/bitmap)"
done
mdadm --assemble --readonly --run /dev/md0 /dev/nvme0n1 /dev/hdd
fact_resync md0
fact_ext4 root /dev/md0
`,
    factsWithExitrd: [
      "member nvme0n1: clean",
      "member hdd: clean",
      "bitmap of nvme0n1: 0 dirty",
      "bitmap of hdd: 0 dirty",
      "md0: resync from none",
      "root: clean",
    ],
    factsWithout: [
      "member nvme0n1: clean",
      "member hdd: clean",
      "bitmap of nvme0n1: 0 dirty",
      "bitmap of hdd: 0 dirty",
      "md0: resync from none",
      "root: clean",
    ],
  },
];
