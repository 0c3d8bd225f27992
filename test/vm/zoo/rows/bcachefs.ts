import type { Row } from "../row.ts";

/**
 * A multi-device file system that Linux had from 6.7 to 6.17. `bcachefs format` 1.13 sometimes crashes
 * when it exits, after it has written everything.
 */
export const bcachefsRows: readonly Row[] = [
  {
    name: "bcachefs on two devices",
    parts: [256, 256],
    build: `dmsetup create zoo-bcachefs --table "0 $(sectors $d2) linear $d2 0"
modprobe bcachefs
bcachefs format --quiet --replicas=2 $d1 /dev/mapper/zoo-bcachefs ||
  bcachefs show-super $d1 >/dev/null
mount -t bcachefs $d1:/dev/mapper/zoo-bcachefs $at
put $at
`,
    steps: ["dm remove 'zoo-bcachefs'"],
    inspect: `modprobe bcachefs
for disk in $d1 $d2; do
  bcachefs show-super $disk >/tmp/bcachefs || fail "no bcachefs on $disk"
  grep -q '^Clean: *1$' /tmp/bcachefs || fail "$disk: $(grep '^Clean:' /tmp/bcachefs)"
done
bcachefs fsck -n $d1 $d2 >/tmp/fsck 2>&1 || fail "bcachefs fsck: $(tail -n 3 /tmp/fsck)"
mount -t bcachefs -o ro,nochanges $d1:$d2 $at
same $at
`,
  },
];
