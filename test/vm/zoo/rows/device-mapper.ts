import type { Row } from "../row.ts";

/** One or more targets of the device-mapper each. */
export const deviceMapperRows: readonly Row[] = [
  {
    name: "dm linear and striped",
    parts: [32, 32],
    build: `half=$(($(sectors $d1) / 2))
dmsetup create zoo-linear <<EOF
0 $half linear $d1 $half
$half $half linear $d2 $half
EOF
dmsetup create zoo-striped --table "0 $((half * 2)) striped 2 128 $d1 0 $d2 0"
ext4_with_data /dev/mapper/zoo-linear
ext4_with_data /dev/mapper/zoo-striped /zoo/striped
`,
    steps: ["dm remove 'zoo-linear'", "dm remove 'zoo-striped'"],
    inspect: `half=$(($(sectors $d1) / 2))
dmsetup create zoo-striped --table "0 $((half * 2)) striped 2 128 $d1 0 $d2 0"
good_ext4 /dev/mapper/zoo-striped
`,
  },
  {
    name: "dm crypt",
    parts: [32],
    build: `key=$(printf '%064d' 7)
dmsetup create zoo-crypt --table "0 $(sectors $d1) crypt aes-xts-plain64 $key 0 $d1 0"
ext4_with_data /dev/mapper/zoo-crypt
`,
    steps: ["dm remove 'zoo-crypt'"],
    inspect: `key=$(printf '%064d' 7)
dmsetup create zoo-crypt --table "0 $(sectors $d1) crypt aes-xts-plain64 $key 0 $d1 0"
good_ext4 /dev/mapper/zoo-crypt
`,
  },
  {
    name: "thin pool",
    parts: [96],
    build: `vgcreate -q zoothin $d1
lvcreate -q -y -L 48M -T zoothin/pool
lvcreate -q -V 24M -T zoothin/pool -n one
ext4_with_data /dev/zoothin/one
lvcreate -q -s -kn zoothin/one -n two
`,
    steps: ["dm remove 'zoothin-one'", "dm remove 'zoothin-pool_tmeta'"],
    inspect: `lvchange -q -y -ay zoothin/pool_tmeta
thin_check /dev/zoothin/pool_tmeta || fail "thin_check objects"
lvchange -q -an zoothin/pool_tmeta
vgchange -q -ay -K zoothin
good_ext4 /dev/zoothin/one
`,
  },
  {
    name: "cache with dirty blocks",
    parts: [64, 48],
    build: `vgcreate -q zoocache $d1 $d2
lvcreate -q -n data -L 48M zoocache $d1
lvcreate -q -y --type cache --cachemode writeback -L 16M -n fast zoocache/data $d2
ext4_with_data /dev/zoocache/data
`,
    steps: ["dm remove 'zoocache-data'"],
    inspect: `lvchange -q -y -ay zoocache/fast_cpool_cmeta
cache_check --clear-needs-check-flag /dev/zoocache/fast_cpool_cmeta || fail "cache_check objects"
dd if=/dev/zoocache/fast_cpool_cmeta bs=4096 count=1 status=none | od -An -tu4 -j 4 -N 4 >/tmp/flags
# CLEAN_SHUTDOWN of struct cache_disk_superblock (drivers/md/dm-cache-metadata.c).
[ $(($(cat /tmp/flags) & 1)) = 1 ] || fail "the cache is not marked clean"
lvchange -q -an zoocache/fast_cpool_cmeta
lvchange -q -ay zoocache/data
good_ext4 /dev/zoocache/data
`,
  },
  {
    name: "writecache with dirty blocks",
    parts: [64, 48],
    build: `vgcreate -q zoowc $d1 $d2
lvcreate -q -n data -L 48M zoowc $d1
lvcreate -q -n fast -L 16M zoowc $d2
lvchange -q -an zoowc/fast
lvconvert -q -y --type writecache --cachevol fast zoowc/data
ext4_with_data /dev/zoowc/data
`,
    steps: ["dm remove 'zoowc-data'"],
    inspect: `lvchange -q -ay zoowc/data
status=$(dmsetup status zoowc-data)
set -- $status
[ "$5" = "$6" ] || fail "writecache holds blocks: $status"
good_ext4 /dev/zoowc/data
`,
  },
  {
    name: "snapshot and origin",
    parts: [96],
    build: `vgcreate -q zoosnap $d1
lvcreate -q -n origin -L 32M zoosnap
ext4_with_data /dev/zoosnap/origin
lvcreate -q -s -L 24M -n copy zoosnap/origin
mkdir /zoo/snap-copy
mount /dev/zoosnap/copy /zoo/snap-copy
put $at
dd if=/dev/zero of=/zoo/snap-copy/zero bs=1M count=2 status=none
`,
    steps: ["dm remove 'zoosnap-origin'", "dm remove 'zoosnap-copy'"],
    inspect: `vgchange -q -ay zoosnap
clean_ext4 /dev/zoosnap/copy
good_ext4 /dev/zoosnap/origin
`,
  },
  {
    name: "dm mirror and raid",
    parts: [48, 48],
    build: `vgcreate -q zooraid $d1 $d2
lvcreate -q -y --type mirror --mirrorlog core -m 1 -L 16M --nosync -n mirror zooraid
lvcreate -q -y --type raid1 -m 1 -L 20M -n raid zooraid
ext4_with_data /dev/zooraid/mirror
mkdir /zoo/dm-raid
ext4_with_data /dev/zooraid/raid /zoo/dm-raid
`,
    steps: ["dm remove 'zooraid-mirror'", "dm remove 'zooraid-raid'"],
    inspect: `vgchange -q -ay zooraid
clean_ext4 /dev/zooraid/mirror
good_ext4 /dev/zooraid/raid
`,
  },
  {
    name: "dm integrity",
    parts: [48],
    build: `integritysetup -q format --no-wipe $d1
integritysetup open --integrity-recalculate $d1 zoo-integrity
ext4_with_data /dev/mapper/zoo-integrity
`,
    steps: ["dm remove 'zoo-integrity'"],
    inspect: `integritysetup open $d1 zoo-integrity
good_ext4 /dev/mapper/zoo-integrity
cat /dev/mapper/zoo-integrity >/dev/null || fail "checksums do not match"
`,
  },
  {
    name: "dm verity",
    parts: [16, 16],
    build: `ext4_with_data $d1
umount $at
veritysetup format $d1 $d2 | sed -n 's/^Root hash:[[:space:]]*/sum root-hash /p'
hash=$(veritysetup format $d1 $d2 | sed -n 's/^Root hash:[[:space:]]*//p')
veritysetup open $d1 zoo-verity $d2 $hash
mount -o ro /dev/mapper/zoo-verity $at
`,
    steps: ["dm remove 'zoo-verity'"],
    inspect: "good_ext4 $d1\n",
    controlUnseen: "it is read-only",
  },
  {
    name: "multipath with a dead path",
    parts: [32],
    build: `size=$(sectors $d1)
for path in 1 2; do dmsetup create zoo-path$path --table "0 $size linear $d1 0"; done
path="1 1 round-robin 0 2 1"
dmsetup create zoo-multi --table "0 $size multipath 3 queue_if_no_path queue_mode bio 0 $path /dev/mapper/zoo-path1 1 /dev/mapper/zoo-path2 1"
dmsetup suspend --noflush zoo-path2
dmsetup load zoo-path2 --table "0 $size error"
dmsetup resume zoo-path2
ext4_with_data /dev/mapper/zoo-multi
`,
    steps: ["dm remove 'zoo-multi'", "dm remove 'zoo-path1'", "dm remove 'zoo-path2'"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "deferred removal",
    parts: [32],
    build: `dmsetup create zoo-deferred --table "0 $(sectors $d1) linear $d1 0"
dmsetup create zoo-deferred-top --table "0 $(sectors $d1) linear /dev/mapper/zoo-deferred 0"
ext4_with_data /dev/mapper/zoo-deferred-top
dmsetup remove --deferred zoo-deferred-top
dmsetup remove --deferred zoo-deferred
`,
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "kpartx partitions",
    parts: [64],
    build: `dmsetup create zoo-whole --table "0 $(sectors $d1) linear $d1 0"
printf 'label: dos\\nsize=24MiB\\nsize=24MiB\\n' | sfdisk -q --no-reread --no-tell-kernel /dev/mapper/zoo-whole
kpartx -a -n -p part /dev/mapper/zoo-whole
ext4_with_data /dev/mapper/zoo-wholepart1
`,
    steps: ["dm remove 'zoo-wholepart1'", "dm remove 'zoo-whole'"],
    inspect: `dmsetup create zoo-whole --table "0 $(sectors $d1) linear $d1 0"
kpartx -a -n -p part /dev/mapper/zoo-whole
good_ext4 /dev/mapper/zoo-wholepart1
`,
  },
  {
    name: "suspended and tableless devices",
    parts: [16],
    build: `dmsetup create zoo-base --table "0 $(sectors $d1) linear $d1 0"
dmsetup create zoo-suspended --table "0 $(sectors $d1) linear /dev/mapper/zoo-base 0"
dmsetup suspend zoo-suspended
dmsetup create zoo-loaded --notable
dmsetup load zoo-loaded --table "0 8 linear $d1 0"
`,
    steps: ["dm remove 'zoo-suspended'", "dm remove 'zoo-loaded'", "dm remove 'zoo-base'"],
    inspect: "true\n",
    controlUnseen: "nothing is written",
  },
];
