import type { RootStack } from "../root-stack.ts";

// In the stage the kernel's native multipath combines both paths, and uses the name of the first
// one.
const findDisk = `until disk=$(ls /dev/nvme?n1); do sleep 0.1; done
`;

/** Roots on a disk that is reached through two controllers. */
export const multipathStacks: readonly RootStack[] = [
  {
    name: "multipath that queues, one of two paths dead",
    disks: [{ mebibytes: 1500, bus: "nvme", twoPaths: true }],
    build: `${findDisk}copy_root $disk
`,
    boot: `modprobe -a nvme dm_multipath dm_round_robin
until [ -b /dev/nvme0n1 ] && [ -b /dev/nvme1n1 ]; do sleep 0.1; done
size=$(cat /sys/block/nvme0n1/size)
dmsetup create root-paths --table "0 $size multipath 1 queue_if_no_path 0 2 1 round-robin 0 1 1 /dev/nvme0n1 1 round-robin 0 1 1 /dev/nvme1n1 1"
`,
    // The kernel's native multipath would combine them, and there would be no second disk.
    commandLine: "root=/dev/mapper/root-paths nvme_core.multipath=N",
    // Removes the path in use, as a failing adapter would.
    use: `dmsetup status root-paths
echo 1 >/sys/class/nvme/nvme0/device/remove
has_dead_path() {
  dd if=/dev/urandom of=/var/tmp/more bs=4k count=1 conv=fsync status=none
  dmsetup status root-paths | grep ' F '
}
until has_dead_path; do sleep 0.5; done
test ! -e /sys/block/nvme0n1
dmsetup table root-paths | grep queue_if_no_path
`,
    steps: [/dm fail without path 'root-paths'/, /umount '\/oldroot'/, /dm remove 'root-paths'/],
    inspect: `${findDisk}fact_ext4 root $disk
`,
    factsWithExitrd: ["root: clean"],
    factsWithout: ["root: clean"],
  },
];
