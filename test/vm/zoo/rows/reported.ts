import type { Row } from "../row.ts";

const lost = "NOT ALL OF ITS DATA COULD BE WRITTEN";
const unseen = "its data is lost either way";

/**
 * Stacks that kept users' machines from releasing everything; each is released at the first
 * attempt.
 */
export const reportedRows: readonly Row[] = [
  {
    // Each flush of the loop device fails for ever, since that of its file fails.
    name: "loop on a file system with an error",
    parts: [48],
    build: `dmsetup create zoo-abort --table "0 $(sectors $d1) linear $d1 0"
ext4 /dev/mapper/zoo-abort
mount -t ext4 -o errors=remount-ro /dev/mapper/zoo-abort $at
truncate -s 16M $at/image
loop=$(losetup -f --show $at/image)
dd if=/dev/urandom of=$loop bs=64k count=4 status=none
sync -f $at
echo 1 >/sys/fs/ext4/dm-$(dmsetup info -c --noheadings -o minor zoo-abort)/trigger_fs_error
`,
    steps: ["loop detach 'loop", "dm remove 'zoo-abort'"],
    inspect: "true\n",
    controlUnseen: unseen,
  },
  {
    name: "loop over a FUSE whose server was killed",
    parts: [48],
    build: `dmsetup create zoo-killed --table "0 $(sectors $d1) linear $d1 0"
mkntfs -q -F -Q /dev/mapper/zoo-killed
modprobe fuse
setsid ntfs-3g -o no_detach /dev/mapper/zoo-killed $at </dev/null >/dev/null 2>&1 &
server=$!
while ! mountpoint -q $at; do sleep 0.1; done
truncate -s 16M $at/image
loop=$(losetup -f --show $at/image)
dd if=/dev/urandom of=$loop bs=64k count=4 status=none
kill -KILL $server
wait $server || true
`,
    steps: ["loop detach 'loop", "dm remove 'zoo-killed'"],
    console: [lost],
    inspect: "true\n",
    controlUnseen: unseen,
  },
  {
    // The array then refuses every write, including a flush.
    name: "md raid1 whose last leg failed",
    parts: [32, 32],
    build: `modprobe raid1
dmsetup create zoo-leg1 --table "0 $(sectors $d1) linear $d1 0"
dmsetup create zoo-leg2 --table "0 $(sectors $d2) linear $d2 0"
mdadm --quiet --create --run --homehost=zoo --level=1 --raid-devices=2 --assume-clean \\
  /dev/md/zoobroken /dev/mapper/zoo-leg1 /dev/mapper/zoo-leg2
ext4_with_data /dev/md/zoobroken
sync -f $at
mdadm /dev/md/zoobroken --fail /dev/mapper/zoo-leg1
# EBUSY, but it is broken from now on.
mdadm /dev/md/zoobroken --fail /dev/mapper/zoo-leg2 || true
date >$at/lost
`,
    steps: ["md stop 'md", "dm remove 'zoo-leg1'", "dm remove 'zoo-leg2'"],
    inspect: "true\n",
    controlUnseen: unseen,
  },
  {
    // plymouthd has the mark, and keeps the root's file system in use as long as it runs.
    name: "daemon that serves no storage",
    parts: [16],
    build: `ext4_with_data $d1
cp -L /bin/sleep /usr/bin/plymouthd
cp -L /bin/sleep $at/plymouthd-fd-escrow
(exec -a @usr/sbin/plymouthd /usr/bin/plymouthd 1000000) </dev/null >/dev/null 2>&1 &
(cd $at && trap "" TERM && exec -a @plymouthd-fd-escrow ./plymouthd-fd-escrow 1000000) \\
  </dev/null >/dev/null 2>&1 &
`,
    inspect: "good_ext4 $d1\n",
  },
];
