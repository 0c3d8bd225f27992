import type { Row } from "../row.ts";

// In blocks of 4 KiB: the minimum in the driver's documentation
// (admin-guide/device-mapper/vdo.rst).
const create = `modprobe dm_vdo
create() {
  dmsetup create zoo-vdo --table "0 2097152 vdo V4 $d1 $(($(blockdev --getsize64 $d1) / 4096)) 4096 32768 16380"
}
`;

/** A device with deduplication and compression, which Linux has since 6.9. */
export const vdoRows: readonly Row[] = [
  {
    name: "vdo",
    parts: [4096],
    build: `${create}vdoformat --force --logical-size=1G --uds-memory-size=0.25 --slab-bits=13 $d1
create
ext4_with_data /dev/mapper/zoo-vdo
`,
    steps: ["dm remove 'zoo-vdo'"],
    inspect: `${create}dmesg -C
create
dmesg >/tmp/vdo
if grep -q 'was dirty\\|reference counts\\|recovery mode' /tmp/vdo; then fail "$(tail -n 9 /tmp/vdo)"; fi
good_ext4 /dev/mapper/zoo-vdo
umount $at
dmsetup remove zoo-vdo
vdoaudit $d1 >/tmp/audit 2>&1 || fail "$(tail -n 2 /tmp/audit)"
`,
  },
];
