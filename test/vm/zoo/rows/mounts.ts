import type { Row } from "../row.ts";

/** Mounts on, below and over one another, and in other namespaces. */
export const mountRows: readonly Row[] = [
  {
    name: "stacked mounts",
    parts: [16, 16],
    build: `ext4_with_data $d1
mkdir $at/inner
ext4_with_data $d2 $at/inner
mount $d1 $at/inner
mount --bind $at/inner $at/inner
mount $d2 $at
`,
    inspect: `clean_ext4 $d2
good_ext4 $d1
`,
  },
  {
    name: "bind mounts",
    parts: [16],
    build: `ext4_with_data $d1
mount --make-shared $at
mkdir -p $at/sub/deep /zoo/bind-slave
echo text >$at/file
mount --bind $at/sub /zoo/bind-slave
mount --make-slave /zoo/bind-slave
mount --bind $at/file $at/file
mount -t tmpfs tmpfs $at/sub/deep
mkdir $at/sub/deep/again
mount --rbind $at /zoo/bind-slave/deep/again
`,
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "hidden mounts",
    parts: [16, 16],
    build: `mkdir -p $at/a/b
ext4_with_data $d1 $at/a/b
mkdir $at/a/b/c
mount -t tmpfs tmpfs $at/a/b/c
ext4 $d2
mount $d2 $at/a
`,
    inspect: `clean_ext4 $d2
good_ext4 $d1
`,
  },
  {
    name: "interpreter that the kernel holds open",
    parts: [16],
    build: `ext4_with_data $d1
cp -L /bin/busybox $at/interpreter
modprobe binfmt_misc
mountpoint -q /proc/sys/fs/binfmt_misc || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
echo ":zoo:M::ZOO:\\xff\\xff\\xff:$at/interpreter:F" >/proc/sys/fs/binfmt_misc/register
! umount $at
`,
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "mount namespace of a process",
    parts: [16],
    build: `ext4_with_data $d1
unshare --mount --propagation private sleep 1000000 &
while [ "$(readlink /proc/$!/ns/mnt)" = "$(readlink /proc/self/ns/mnt)" ]; do sleep 0.1; done
umount $at
`,
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "mount namespace bound to a file",
    parts: [16],
    build: `dmsetup create zoo-ns --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-ns
mkdir /run/zoo-ns
mount --bind --make-private /run/zoo-ns /run/zoo-ns
touch /run/zoo-ns/mnt
unshare --mount=/run/zoo-ns/mnt --propagation private true
`,
    steps: ["dm remove 'zoo-ns'"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "names of all bytes",
    parts: [16, 16],
    build: `ext4_with_data $d1
odd=$at/$(printf 'a b\\\\c\\nd\\376\\377"e')
mkdir "$odd"
ext4 $d2
mount $d2 "$odd"
losetup -f "$odd/../data"
dmsetup create --table "0 8 zero" --manglename none 'zoo a b\\c'
`,
    inspect: `clean_ext4 $d2
good_ext4 $d1
`,
  },
  {
    name: "holder processes",
    parts: [16],
    build: `ext4_with_data $d1
cp /bin/sleep $at/sleep
(cd $at && exec sleep 1000000) &
sleep 1000000 >$at/open &
$at/sleep 1000000 &
(trap "" TERM INT HUP; while :; do date >>$at/log; sleep 0.2; done) &
`,
    inspect: "good_ext4 $d1\n",
  },
  {
    // systemd-shutdown does this since version 253, in order to unmount the mounts above.
    name: "busy mount moved to run",
    parts: [16],
    build: `dmsetup create zoo-moved --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-moved
(cd $at && exec sleep 1000000) &
mkdir -p /run/shutdown/mounts/0123456789abcdef
mount --move $at /run/shutdown/mounts/0123456789abcdef
`,
    steps: ["umount '/oldroot/run/shutdown/mounts/0123456789abcdef'", "dm remove 'zoo-moved'"],
    inspect: "good_ext4 $d1\n",
  },
];

/** More than in practice: the time for each must not grow with their number. */
export const manyMountsRows: readonly Row[] = [
  {
    name: "3,000 mounts",
    parts: [64],
    build: `ext4_with_data $d1
mkdir $at/bind $at/tmpfs $at/stack
mount --make-rprivate /
perl -e 'my $at = shift;
# mount(2) of x86-64; 4096 is MS_BIND.
sub mount { my ($from, $to, $type, $flags) = @_; syscall(165, $from, $to, $type, $flags, 0) == 0 or die "$to: $!" }
for (1 .. 1500) { mkdir "$at/bind/$_"; mount("$at/stack", "$at/bind/$_", "none", 4096) }
for (1 .. 1200) { mkdir "$at/tmpfs/$_"; mount("tmpfs", "$at/tmpfs/$_", "tmpfs", 0) }
for (1 .. 300) { mount("$at/stack", "$at/stack", "none", 4096) }' $at
`,
    steps: ["umount '/oldroot/zoo/3-000-mounts'"],
    inspect: "good_ext4 $d1\n",
  },
];
