import type { Row } from "../row.ts";
import { wellRow } from "./plain.ts";

const mebibytes = 16;
const many = 40;

/**
 * Storage that does not answer, each for a different reason, next to healthy storage. LVM would
 * wait for the last ones when it scans, so they come last.
 */
export const muteRows: readonly Row[] = [
  wellRow,
  {
    name: "forty file systems on a disk that hangs",
    parts: [many * mebibytes + 8],
    build: `modprobe dm-delay
length=$((${mebibytes} * 2048))
for i in $(seq -w 0 ${many - 1}); do
  dmsetup create zoo-h$i --table "0 $length linear $d1 $((10#$i * length))"
  ext4 /dev/mapper/zoo-h$i
  mkdir $at/h$i
  mount -t ext4 /dev/mapper/zoo-h$i $at/h$i
  echo dirty >$at/h$i/file
done
for i in $(seq -w 0 ${many - 1}); do
  dmsetup suspend --nolockfs --noflush zoo-h$i
  dmsetup load zoo-h$i --table "0 $length delay $d1 $((10#$i * length)) 600000"
  dmsetup resume zoo-h$i
done
`,
    // Hung mounts are detached, so that the root below them is released.
    steps: ["umount '/oldroot'"],
    expectedLeft: "their disk does not answer",
    // Long names are clipped in the middle.
    failing: /forty-file-systems|\/h\d\d'|zoo-h\d\d'|cannot sync all file systems/,
    inspect: "true\n",
  },
  {
    name: "loop on a FUSE whose server hangs",
    parts: [48],
    build: `dmsetup create zoo-mute --table "0 $(sectors $d1) linear $d1 0"
mkntfs -q -F -Q /dev/mapper/zoo-mute
modprobe fuse
setsid bash -c 'exec -a @mute-3g ntfs-3g -o no_detach /dev/mapper/zoo-mute $0' $at </dev/null >/dev/null 2>&1 &
server=$!
while ! mountpoint -q $at; do sleep 0.1; done
truncate -s 16M $at/image
losetup -r -f $at/image
# Until the attributes that the kernel knows expire.
sleep 3
kill -STOP $server
`,
    steps: ["loop detach 'loop", "dm remove 'zoo-mute'"],
    expectedLeft: "its server has to be ended first",
    failing: /loop\d+'|loop-on-a-FUSE/,
    inspect: "true\n",
  },
  {
    name: "thin pool whose metadata device is suspended",
    parts: [96],
    // LVM looks at one disk alone: the others on this machine do not answer.
    build: `modprobe dm_thin_pool
vgcreate -q --devices $d1 zooblind $d1
lvcreate -q --devices $d1 -y -L 48M -T zooblind/pool
lvcreate -q --devices $d1 -V 24M -T zooblind/pool -n one
ext4_with_data /dev/zooblind/one
sync -f $at
dmsetup suspend --nolockfs --noflush zooblind-pool_tmeta
# New blocks and a flush: the pool's worker commits, and waits with its lock held.
setsid dd if=/dev/urandom of=$at/more bs=64k count=16 conv=fsync </dev/null >/dev/null 2>&1 &
sleep 3
dmsetup status --noflush zooblind-pool-tpool >/dev/null 2>&1 &
sleep 1
grep '^State:.D' /proc/$!/status
`,
    steps: [
      "dm resume 'zooblind-pool_tmeta'",
      "dm remove 'zooblind-one'",
      "dm remove 'zooblind-pool_tmeta'",
    ],
    expectedLeft: "it is not seen whole before it is resumed",
    // Its writers wait in the kernel until the device is resumed.
    failing: /zooblind|cannot kill '(?:dd|dmsetup)'/,
    inspect: `vgchange -q -ay -K zooblind
good_ext4 /dev/zooblind/one
`,
  },
];
