import type { Row } from "../row.ts";

const inspect = `clean_ext4 $d1
mount -o ro,noload $d1 $at
same $at
`;

/** Images mounted from a file without a loop device, which Linux supports since 6.12. */
export const erofsRows: readonly Row[] = [
  {
    name: "erofs on a file",
    parts: [64],
    build: `dmsetup create zoo-erofs --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-erofs
mkdir /tmp/tree /zoo/erofs-image
echo content >/tmp/tree/file
mkfs.erofs $at/image.erofs /tmp/tree
modprobe erofs
mount -t erofs -o X-mount.noloop $at/image.erofs /zoo/erofs-image
! umount $at
ls /sys/block | grep -c ^loop || true
`,
    steps: ["umount '/oldroot/zoo/erofs-image'", "dm remove 'zoo-erofs'"],
    inspect,
  },
  {
    // As ostree does: the data's mount is below the root that needs it, and contains its image.
    name: "composefs with its data below itself",
    parts: [64],
    build: `dmsetup create zoo-composefs --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-composefs $at/sysroot
mkdir $at/sysroot/objects /zoo/cfs-tmp /zoo/cfs-lower /zoo/cfs-root
mkdir -p /tmp/cfs/sysroot
echo content >/tmp/cfs/file
mkfs.erofs $at/sysroot/image.erofs /tmp/cfs
modprobe -a erofs overlay
mount --bind $at/sysroot /zoo/cfs-tmp
mount -t erofs -o X-mount.noloop /zoo/cfs-tmp/image.erofs /zoo/cfs-lower
mount -t overlay -o ro,metacopy=on,redirect_dir=on,lowerdir=/zoo/cfs-lower::$at/sysroot/objects composefs /zoo/cfs-root
umount -l /zoo/cfs-lower
umount $at/sysroot
mount --move /zoo/cfs-root $at
mount --move /zoo/cfs-tmp $at/sysroot
! umount $at/sysroot
grep content $at/file
`,
    steps: ["dm remove 'zoo-composefs'"],
    inspect,
  },
];
