import type { Row } from "../row.ts";

const lost = "its data is lost either way";

// As if the disk below went away: what was to be written fails.
const kill = (name: string): string => `dmsetup suspend --nolockfs --noflush ${name}
dmsetup load ${name} --table "0 $(sectors $d1) error"
dmsetup resume ${name}
`;

/** What cannot be written any more, or is kept from it: it goes all the same, at the first attempt. */
export const brokenRows: readonly Row[] = [
  {
    name: "frozen file system",
    parts: [32],
    build: `dmsetup create zoo-frozen --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-frozen
fsfreeze --freeze $at
`,
    steps: ["dm remove 'zoo-frozen'"],
    inspect: "good_ext4 $d1\n",
    controlUnseen: "freezing it has written all of it",
  },
  {
    name: "ext4 on a dead disk",
    parts: [32],
    build: `dmsetup create zoo-dead1 --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-dead1
${kill("zoo-dead1")}`,
    steps: ["dm remove 'zoo-dead1'"],
    inspect: "true\n",
    controlUnseen: lost,
  },
  {
    name: "xfs on a dead disk",
    parts: [320],
    build: `dmsetup create zoo-dead2 --table "0 $(sectors $d1) linear $d1 0"
modprobe xfs
mkfs.xfs -q -K /dev/mapper/zoo-dead2
mount -t xfs /dev/mapper/zoo-dead2 $at
put $at
${kill("zoo-dead2")}`,
    steps: ["dm remove 'zoo-dead2'"],
    inspect: "true\n",
    controlUnseen: lost,
  },
  {
    name: "btrfs on a dead disk",
    parts: [128],
    build: `dmsetup create zoo-dead3 --table "0 $(sectors $d1) linear $d1 0"
modprobe btrfs
mkfs.btrfs -q -f -K /dev/mapper/zoo-dead3
mount -t btrfs /dev/mapper/zoo-dead3 $at
put $at
${kill("zoo-dead3")}`,
    steps: ["dm remove 'zoo-dead3'"],
    inspect: "true\n",
    controlUnseen: lost,
  },
  {
    name: "read-only after an error",
    parts: [32],
    build: `dmsetup create zoo-error --table "0 $(sectors $d1) linear $d1 0"
ext4 /dev/mapper/zoo-error
mount -t ext4 -o errors=remount-ro /dev/mapper/zoo-error $at
put $at
sync -f $at
echo 1 >/sys/fs/ext4/dm-$(dmsetup info -c --noheadings -o minor zoo-error)/trigger_fs_error
`,
    steps: ["dm remove 'zoo-error'"],
    console: ["Remounting filesystem read-only"],
    // The kernel has noted the error down, and e2fsck mends nothing but that.
    inspect: `e2fsck -fy $d1 >/tmp/e2 2>&1 || [ $? -lt 4 ] || fail "e2fsck: $(tail -n 3 /tmp/e2)"
mount -t ext4 -o ro,noload $d1 $at
same $at
`,
    controlUnseen: "nothing can be written after the error",
  },
];
