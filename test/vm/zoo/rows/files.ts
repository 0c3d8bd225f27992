import type { Row } from "../row.ts";

/** Stacks on files: loop devices and swap. */
export const fileRows: readonly Row[] = [
  {
    name: "loop in loop in loop",
    parts: [160],
    build: `at0=$at
ext4_with_data $d1
for size in 112 72 40; do
  mkdir $at0/next
  truncate -s \${size}M $at0/image
  loop=$(losetup -f --show $at0/image)
  at0=$at0/next
  ext4_with_data $loop $at0
done
`,
    steps: ["loop detach 'loop"],
    inspect: `clean_ext4 $d1
mount -o ro,noload $d1 $at
at0=$at
for depth in 1 2 3; do
  loop=$(losetup -r -f --show $at0/image)
  at0=/zoo/$name-$depth
  mkdir $at0
  clean_ext4 $loop
  mount -o ro,noload $loop $at0
  same $at0
done
`,
  },
  {
    name: "loop with autoclear",
    parts: [48],
    build: `ext4_with_data $d1
truncate -s 24M $at/image
ext4 $at/image
mkdir $at/next
mount -o loop $at/image $at/next
put $at/next
`,
    inspect: `clean_ext4 $d1
mount -o ro,noload $d1 $at
clean_ext4 $at/image
mkdir /zoo/autoclear
mount -o ro,noload,loop $at/image /zoo/autoclear
same /zoo/autoclear
`,
  },
  {
    name: "partitions on loop",
    parts: [80],
    build: `ext4_with_data $d1
truncate -s 48M $at/image
printf 'label: gpt\\nsize=20MiB\\nsize=20MiB\\n' | sfdisk -q $at/image
loop=$(losetup -P -f --show $at/image)
mkdir $at/next
ext4_with_data \${loop}p1 $at/next
dmsetup create zoo-on-part --table "0 $(sectors \${loop}p2) linear \${loop}p2 0"
`,
    steps: ["dm remove 'zoo-on-part'", "loop detach 'loop"],
    inspect: `clean_ext4 $d1
mount -o ro,noload $d1 $at
loop=$(losetup -r -P -f --show $at/image)
clean_ext4 \${loop}p1
mkdir /zoo/loop-part
mount -o ro,noload \${loop}p1 /zoo/loop-part
same /zoo/loop-part
`,
  },
  {
    name: "swap on a partition a file and a volume",
    parts: [32, 64, 32],
    build: `mkswap $d1
swapon $d1
ext4_with_data $d2
dd if=/dev/zero of=$at/swap bs=1M count=24 status=none
chmod 600 $at/swap
mkswap $at/swap
swapon $at/swap
dmsetup create zoo-swap --table "0 $(sectors $d3) linear $d3 0"
mkswap /dev/mapper/zoo-swap
swapon /dev/mapper/zoo-swap
`,
    steps: ["swapoff '", "dm remove 'zoo-swap'"],
    inspect: "good_ext4 $d2\n",
  },
  {
    name: "swap on zram",
    build: `modprobe zram num_devices=1
echo 16M >/sys/block/zram0/disksize
mkswap /dev/zram0
swapon -p 100 /dev/zram0
`,
    steps: ["/dev/zram0'", "zram reset 'zram0'"],
    inspect: "true\n",
    controlUnseen: "it is memory",
  },
];
