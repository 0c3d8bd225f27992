import type { Row } from "../row.ts";

const configfs = `mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
`;

/** Users of files and devices that are not processes. */
export const kernelRows: readonly Row[] = [
  {
    name: "process in a frozen group",
    parts: [32],
    build: `ext4_with_data $d1
mkdir /run/ice
mount -t cgroup -o freezer freezer /run/ice
mkdir -p /run/ice/outer/inner
(cd $at && exec setsid sleep 1000000 </dev/null >/dev/null 2>&1) &
pid=$!
until grep -qx sleep /proc/$pid/comm; do sleep 0.1; done
echo $pid >/run/ice/outer/inner/cgroup.procs
echo FROZEN >/run/ice/outer/freezer.state
until grep -qx FROZEN /run/ice/outer/inner/freezer.state; do sleep 0.1; done
`,
    steps: ["umount '/oldroot/zoo/process-in-a-frozen-group'"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "loop on an empty file",
    parts: [48],
    build: `ext4_with_data $d1
: >$at/empty
losetup -f $at/empty
losetup -f -o 1G $at/data
`,
    steps: ["loop detach 'loop"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "uprobe events of a program",
    parts: [32],
    build: `ext4_with_data $d1
cp -L /bin/sleep $at/probed
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
echo "p:zoo/probe $at/probed:0x1000" >/sys/kernel/tracing/uprobe_events
echo "r:zoo/enabled $at/probed:0x2000" >>/sys/kernel/tracing/uprobe_events
echo 1 >/sys/kernel/tracing/events/zoo/enabled/enable
! umount $at
`,
    steps: ["umount '/oldroot/zoo/uprobe-events-of-a-program'"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "file that the kernel serves",
    parts: [32],
    build: `ext4_with_data $d1
truncate -s 16M $at/served
modprobe -a nvmet configfs
${configfs}served=/sys/kernel/config/nvmet/subsystems/zoo/namespaces/1
mkdir -p $served
echo -n $at/served >$served/device_path
echo 1 >$served/enable
`,
    steps: ["unexport '/sys/kernel/config/nvmet/subsystems/zoo/namespaces/1'"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "volume that the kernel serves over NVMe",
    parts: [32],
    build: `dmsetup create zoo-nvmet --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-nvmet
umount $at
modprobe -a nvmet configfs
${configfs}served=/sys/kernel/config/nvmet/subsystems/zoo-volume/namespaces/7
mkdir -p $served
echo -n /dev/mapper/zoo-nvmet >$served/device_path
echo 1 >$served/enable
`,
    steps: [
      "unexport '/sys/kernel/config/nvmet/subsystems/zoo-volume/namespaces/7'",
      "dm remove 'zoo-nvmet'",
    ],
    inspect: "good_ext4 $d1\n",
    controlUnseen: "it is unmounted",
  },
  {
    name: "volume that LIO serves",
    parts: [32],
    build: `dmsetup create zoo-lio --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-lio
umount $at
modprobe -a target_core_mod target_core_iblock configfs
${configfs}store=/sys/kernel/config/target/core/iblock_0/volume
mkdir -p $store
echo "udev_path=/dev/mapper/zoo-lio,readonly=0" >$store/control
echo 1 >$store/enable
cat $store/info
`,
    steps: ["unexport '/sys/kernel/config/target/core/iblock_0/volume'", "dm remove 'zoo-lio'"],
    inspect: "good_ext4 $d1\n",
    controlUnseen: "it is unmounted",
  },
  {
    // The exported disk is mounted, and its file is below.
    name: "file that LIO serves to this machine",
    parts: [80],
    build: `ext4_with_data $d1
truncate -s 40M $at/image
modprobe -a target_core_mod target_core_file tcm_loop sd_mod configfs
${configfs}target=/sys/kernel/config/target
store=$target/core/fileio_1/image
mkdir -p $store
echo "fd_dev_name=$at/image,fd_dev_size=$((40 << 20)),fd_buffered_io=1" >$store/control
echo 1 >$store/enable
group=$target/loopback/naa.6001405aaaaaaaaa/tpgt_1
mkdir -p $group
echo naa.6001405bbbbbbbbb >$group/nexus
mkdir $group/lun/lun_3
ln -s $store $group/lun/lun_3/image
cat $store/info $group/address
until disk=$(ls -d /sys/bus/scsi/devices/$(cat $group/address):3/block/* 2>/dev/null); do sleep 0.2; done
mkdir $at/next
ext4_with_data /dev/\${disk##*/} $at/next
`,
    steps: ["unexport '/sys/kernel/config/target/core/fileio_1/image'"],
    inspect: `clean_ext4 $d1
mount -o ro,noload $d1 $at
clean_ext4 $at/image
mkdir /zoo/lio
mount -o ro,noload,loop $at/image /zoo/lio
same /zoo/lio
`,
  },
  {
    // The answer that mountd would give; no client requests it here.
    name: "directory that the kernel serves over NFS",
    parts: [32],
    build: `ext4_with_data $d1
modprobe nfsd
mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
echo "-3 +4" >/proc/fs/nfsd/versions || true
echo 2 >/proc/fs/nfsd/threads
echo "nfsd 127.0.0.1 2147483647 zoo" >/proc/net/rpc/auth.unix.ip/channel
echo "zoo $at 2147483647 0 65534 65534 0" >/proc/net/rpc/nfsd.export/channel
cat /proc/fs/nfsd/exports /proc/fs/nfsd/threads
! umount $at
`,
    steps: ["unexport '/proc/fs/nfsd'"],
    inspect: "good_ext4 $d1\n",
  },
];
