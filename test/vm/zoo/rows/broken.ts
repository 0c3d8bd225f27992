import type { Row } from "../row.ts";

/** As if the disk had vanished: writes fail. */
function onDeadDisk(fsType: string, mebibytes: number, format: string): Row {
  const name = `zoo-dead-${fsType}`;
  return {
    name: `${fsType} on a dead disk`,
    parts: [mebibytes],
    build: `device=/dev/mapper/${name}
dmsetup create ${name} --table "0 $(sectors $d1) linear $d1 0"
modprobe ${fsType}
${format}
mount -t ${fsType} "$device" $at
put $at
dmsetup suspend --nolockfs --noflush ${name}
dmsetup load ${name} --table "0 $(sectors $d1) error"
dmsetup resume ${name}
`,
    steps: [`dm remove '${name}'`],
    inspect: "true\n",
    controlUnseen: "its data is lost either way",
  };
}

/** Devices that fail all writes, and must be released nevertheless, at the first attempt. */
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
  onDeadDisk("ext4", 32, 'ext4 "$device"'),
  onDeadDisk("xfs", 320, 'mkfs.xfs -q -K "$device"'),
  onDeadDisk("btrfs", 128, 'mkfs.btrfs -q -f -K "$device"'),
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
    // The kernel has recorded the error in the superblock, which is all that e2fsck has to fix.
    inspect: `e2fsck -fy $d1 >/tmp/e2 2>&1 || [ $? -lt 4 ] || fail "e2fsck: $(tail -n 3 /tmp/e2)"
mount -t ext4 -o ro,noload $d1 $at
same $at
`,
    controlUnseen: "nothing can be written after the error",
  },
];
