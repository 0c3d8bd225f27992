import type { Row } from "../row.ts";

/** A block device that a process serves, which Debian has since Linux 6.12. */
export const ublkRows: readonly Row[] = [
  {
    name: "ublk with a storage daemon",
    parts: [80],
    build: `modprobe ublk_drv
dmsetup create zoo-ublk --table "0 $(sectors $d1) linear $d1 0"
ext4 /dev/mapper/zoo-ublk
mount -t ext4 /dev/mapper/zoo-ublk $at
truncate -s 40M $at/image
install -m 755 ublk /run/ublk
setsid bash -c 'exec -a @ublk /run/ublk $0' $at/image </dev/null >/run/ublk.out 2>&1 &
until [ -s /run/ublk.out ]; do sleep 0.1; done
read -r number </run/ublk.out
ext4_with_data /dev/ublkb$number /zoo/ublk-next
! umount $at
`,
    steps: ["umount '/oldroot/zoo/ublk-next'", "dm remove 'zoo-ublk'"],
    inspect: `clean_ext4 $d1
mount -o ro,noload $d1 $at
clean_ext4 $at/image
mkdir /zoo/ublk-image
mount -o ro,noload,loop $at/image /zoo/ublk-image
same /zoo/ublk-image
`,
  },
];
