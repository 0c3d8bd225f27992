import type { Row } from "../row.ts";

/** Blocked devices on which an unmount would wait for ever. */
export const blockedRows: readonly Row[] = [
  {
    name: "mounted on a suspended device",
    parts: [32],
    build: `dmsetup create zoo-asleep --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-asleep
dmsetup suspend --nolockfs --noflush zoo-asleep
`,
    steps: ["dm resume 'zoo-asleep'", "dm remove 'zoo-asleep'"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "multipath without any path",
    parts: [32],
    build: `size=$(sectors $d1)
dmsetup create zoo-gone --table "0 $size linear $d1 0"
dmsetup create zoo-queue --table "0 $size multipath 3 queue_if_no_path queue_mode bio 0 1 1 round-robin 0 1 1 /dev/mapper/zoo-gone 1"
ext4_with_data /dev/mapper/zoo-queue
dmsetup suspend --noflush zoo-gone
dmsetup load zoo-gone --table "0 $size error"
dmsetup resume zoo-gone
`,
    steps: ["dm fail without path 'zoo-queue'", "dm remove 'zoo-queue'", "dm remove 'zoo-gone'"],
    inspect: "true\n",
    controlUnseen: "its data is lost either way",
  },
  {
    name: "fuseblk whose server hangs",
    parts: [32],
    build: `dmsetup create zoo-hung --table "0 $(sectors $d1) linear $d1 0"
mkntfs -q -F -Q /dev/mapper/zoo-hung
modprobe fuse
setsid bash -c 'exec -a @hung-3g ntfs-3g -o no_detach /dev/mapper/zoo-hung $0' $at &
while ! mountpoint -q $at; do sleep 0.1; done
kill -STOP $!
`,
    expectedLeft: "its server has to be ended first",
    steps: ["dm remove 'zoo-hung'"],
    inspect: "true\n",
    controlUnseen: "nothing is written",
  },
  {
    // In /run, which PID 1 keeps: no step frees this memory.
    name: "swap that memory cannot take back",
    parts: [512, 32],
    build: `dmsetup create zoo-full --table "0 $(sectors $d1) linear $d1 0"
mkswap /dev/mapper/zoo-full
swapon /dev/mapper/zoo-full
ext4_with_data $d2
mount -o remount,size=1200M /run
dd if=/dev/zero of=/run/full bs=1M count=1000 status=none
grep MemAvailable /proc/meminfo
cat /proc/swaps
`,
    expectedLeft: "memory cannot take its pages",
    steps: ["umount '/oldroot'"],
    console: ["': not enough memory, ignoring"],
    inspect: "good_ext4 $d2\n",
  },
];
