import type { Row } from "../row.ts";

/** File systems other than ext4, and stacks of many layers. */
export const fileSystemRows: readonly Row[] = [
  {
    name: "xfs with an external log",
    parts: [320, 64],
    build: `mkfs.xfs -q -f -K -l logdev=$d2 $d1
mount -t xfs -o logdev=$d2 $d1 $at
put $at
`,
    inspect: `xfs_logprint -t -l $d2 $d1 | grep -q 'log is clean\\|<CLEAN>' || fail "the log is not clean"
xfs_repair -n -l $d2 $d1 || fail "xfs_repair objects"
mount -t xfs -o ro,norecovery,logdev=$d2 $d1 $at
same $at
`,
  },
  {
    name: "vfat",
    parts: [40],
    build: `mkfs.vfat $d1
mount -t vfat $d1 $at
put $at
`,
    inspect: `fsck.vfat -n $d1 || fail "not unmounted"
mount -t vfat -o ro $d1 $at
same $at
`,
  },
  {
    name: "f2fs",
    parts: [64],
    build: `mkfs.f2fs -q $d1
mount -t f2fs $d1 $at
# The checkpoint that it makes by itself every 60 s would come through a power cut.
echo 9000 >"/sys/fs/f2fs/$(basename "$(readlink -f $d1)")/cp_interval"
put $at
`,
    inspect: `fsck.f2fs --dry-run $d1 || fail "fsck.f2fs objects"
mount -t f2fs -o ro,norecovery $d1 $at
same $at
`,
  },
  {
    name: "ext4 with an external journal",
    parts: [16, 16],
    build: `mke2fs -q -b 4096 -O journal_dev $d2
mke2fs -q -t ext4 -b 4096 -J device=$d2 $d1
dmsetup create zoo-journal --table "0 $(sectors $d2) linear $d2 0"
mount -t ext4 -o journal_path=/dev/mapper/zoo-journal $d1 $at
put $at
`,
    steps: ["dm remove 'zoo-journal'"],
    inspect: `clean_ext4 $d1
mount -o ro,noload $d1 $at
same $at
`,
  },
  {
    name: "btrfs on two devices",
    parts: [128, 128],
    build: `dmsetup create zoo-btrfs --table "0 $(sectors $d2) linear $d2 0"
modprobe btrfs
mkfs.btrfs -q -f -K -d raid1 -m raid1 $d1 /dev/mapper/zoo-btrfs
# What it commits by itself every 30 s would come through a power cut.
mount -t btrfs -o commit=300,device=/dev/mapper/zoo-btrfs $d1 $at
btrfs -q subvolume create $at/sub
mount -m -t btrfs -o subvol=sub $d1 /zoo/btrfs-sub
put $at
dd if=/dev/zero of=/zoo/btrfs-sub/zero bs=1M count=1 status=none
`,
    steps: ["dm remove 'zoo-btrfs'"],
    inspect: `modprobe btrfs
btrfs device scan $d1 $d2
btrfs check --readonly $d1 || fail "btrfs check objects"
mount -t btrfs -o ro,nologreplay,device=$d2 $d1 $at
same $at
`,
  },
  {
    name: "overlay over squashfs over loop",
    parts: [48],
    build: `ext4_with_data $d1
mkdir $at/upper $at/work $at/lower $at/tree /zoo/union
mksquashfs /etc $at/image -quiet -no-progress -comp zstd
mount -t squashfs -o loop $at/image $at/lower
mount -t overlay -o lowerdir=$at/lower,upperdir=$at/upper,workdir=$at/work overlay /zoo/union
dd if=/dev/zero of=/zoo/union/zero bs=1M count=1 status=none
`,
    steps: ["umount '/oldroot/zoo/union'", "loop detach 'loop"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "tower",
    parts: [128, 128],
    build: `mdadm --quiet --create --run --assume-clean --level=1 --raid-devices=2 /dev/md/zootower $d1 $d2
key=$(printf '%064d' 9)
dmsetup create zoo-tower --table "0 $(sectors /dev/md/zootower) crypt aes-xts-plain64 $key 0 /dev/md/zootower 0"
vgcreate -q zootower /dev/mapper/zoo-tower
lvcreate -q -y -L 80M -n low zootower
ext4_with_data /dev/zootower/low /zoo/tower-low
truncate -s 40M /zoo/tower-low/image
loop=$(losetup -f --show /zoo/tower-low/image)
dmsetup create zoo-top --table "0 $(sectors $loop) linear $loop 0"
ext4_with_data /dev/mapper/zoo-top
`,
    steps: [
      "dm remove 'zoo-top'",
      "dm remove 'zootower-low'",
      "dm remove 'zoo-tower'",
      "md stop 'md",
    ],
    inspect: `clean_md $d1 $d2
assemble /dev/md/zootower $d1 $d2
key=$(printf '%064d' 9)
dmsetup create zoo-tower --readonly --table "0 $(sectors /dev/md/zootower) crypt aes-xts-plain64 $key 0 /dev/md/zootower 0"
vgchange -q -ay zootower
clean_ext4 /dev/zootower/low
mkdir /zoo/tower-low
mount -o ro,noload /dev/zootower/low /zoo/tower-low
loop=$(losetup -r -f --show /zoo/tower-low/image)
good_ext4 $loop
`,
  },
  {
    name: "bcache with dirty blocks",
    parts: [64, 80],
    build: `make-bcache --bucket 64k -C $d2 -B $d1 --writeback >/dev/null
modprobe bcache
echo $d2 >/sys/fs/bcache/register
echo $d1 >/sys/fs/bcache/register
while [ ! -b /dev/bcache0 ]; do sleep 0.1; done
ext4_with_data /dev/bcache0
sync -f $at/data
[ "$(cat /sys/block/bcache0/bcache/state)" = dirty ]
`,
    steps: ["bcache stop 'bcache0'"],
    console: ["bcache, written back"],
    // All data must be on the disk alone, after bcache's own superblock of 8 KiB.
    inspect: `bcache-super-show -f $d1 >/tmp/bcache
grep -q 'cache_state.*\\[clean\\]' /tmp/bcache || fail "$(grep cache_state /tmp/bcache)"
good_ext4 $(losetup -r -o 8192 -f --show $d1)
`,
  },
  {
    name: "drbd without a peer",
    parts: [48],
    build: `mkdir -p /run/lock
modprobe drbd usermode_helper=disabled
drbdmeta --force 0 v08 $d1 internal create-md
drbdsetup new-resource zoo
drbdsetup new-minor zoo 0 0
drbdsetup attach 0 $d1 $d1 internal
drbdsetup primary 0 --force
ext4_with_data /dev/drbd0
cat /proc/drbd
`,
    steps: ["drbd down 'zoo'"],
    inspect: `mkdir -p /run/lock
# The driver never calls its activity log clean: "drbdadm up" applies it every time.
drbdmeta --force 0 v08 $d1 internal apply-al
drbdmeta 0 v08 $d1 internal dump-md >/tmp/drbd
flags=$(sed -n 's/^ *flags \\(0x[0-9a-fA-F]*\\).*/\\1/p' /tmp/drbd | head -n 1)
# MDF_PRIMARY_IND, MDF_CRASHED_PRIMARY (drivers/block/drbd/drbd_int.h).
[ -n "$flags" ] && [ $((flags & 0x42)) = 0 ] || fail "a primary crashed: flags $flags"
good_ext4 $d1
`,
  },
  {
    name: "drbd with a peer that follows",
    parts: [48, 48],
    // The peer is in the same kernel, but the two communicate over TCP.
    build: `mkdir -p /run/lock
# There is no ip(8): SIOCSIFFLAGS, IFF_UP.
perl -MSocket -e 'socket(S, AF_INET, SOCK_DGRAM, 0); $lo = pack("a16sx22", "lo", 1); ioctl(S, 0x8914, $lo) or die $!'
modprobe drbd usermode_helper=disabled
for disk in $d1 $d2; do drbdmeta --force 1 v08 $disk internal create-md; done
drbdsetup new-resource zoo-first
drbdsetup new-resource zoo-second
drbdsetup new-minor zoo-first 1 0
drbdsetup new-minor zoo-second 2 0
drbdsetup attach 1 $d1 $d1 internal
drbdsetup attach 2 $d2 $d2 internal
drbdsetup connect zoo-first ipv4:127.0.0.1:7801 ipv4:127.0.0.1:7802 --protocol C
drbdsetup connect zoo-second ipv4:127.0.0.1:7802 ipv4:127.0.0.1:7801 --protocol C
drbdsetup primary 1 --force
ext4_with_data /dev/drbd1
until grep -q '^ 1: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate' /proc/drbd; do sleep 0.1; done
cat /proc/drbd
`,
    steps: ["drbd down 'zoo-first'", "drbd down 'zoo-second'"],
    inspect: `mkdir -p /run/lock
for disk in $d1 $d2; do
  drbdmeta --force 1 v08 $disk internal apply-al
  drbdmeta 1 v08 $disk internal dump-md >/tmp/drbd
  flags=$(sed -n 's/^ *flags \\(0x[0-9a-fA-F]*\\).*/\\1/p' /tmp/drbd | head -n 1)
  # Neither MDF_PRIMARY_IND nor MDF_CRASHED_PRIMARY.
  [ -n "$flags" ] && [ $((flags & 0x42)) = 0 ] || fail "$disk: flags $flags"
done
# The peer goes first or last, as it comes: what it holds may be older by an unmount.
good_ext4 $d1
`,
  },
  {
    name: "ext4 with quotas",
    parts: [16],
    build: `ext4 $d1
mount -t ext4 -o usrquota $d1 $at
quotacheck -c -u $at
quotaon -u $at
put $at
chown 1000 $at/data
`,
    inspect: `quota_blocks=$(debugfs -R 'stat aquota.user' $d1 2>/dev/null | sed -n 's/.*Size: //p')
[ -n "$quota_blocks" ] || fail "no quota file"
good_ext4 $d1
`,
  },
  {
    name: "fuse server that survives the final kill",
    parts: [32],
    build: `dmsetup create zoo-survive --table "0 $(sectors $d1) linear $d1 0"
mkntfs -q -F -Q /dev/mapper/zoo-survive
modprobe fuse
mountpoint -q /sys/fs/cgroup || mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir /sys/fs/cgroup/zoo
setfattr -n user.survive_final_kill_signal -v 1 /sys/fs/cgroup/zoo
(echo $BASHPID >/sys/fs/cgroup/zoo/cgroup.procs
  exec ntfs-3g -o no_detach /dev/mapper/zoo-survive $at) &
while ! mountpoint -q $at; do sleep 0.1; done
put $at
`,
    steps: ["dm remove 'zoo-survive'"],
    controlUnseen: "ntfs-3g sets no mark, and what it wrote may have reached the disk by itself",
    inspect: `ntfsfix -n $d1 >/tmp/ntfs || fail "$(tail -n 2 /tmp/ntfs)"
if ntfsinfo -m $d1 | grep -q DIRTY; then fail "the volume is dirty"; fi
ntfs-3g -o ro $d1 $at
same $at
`,
  },
  {
    name: "fuse squashfuse",
    parts: [32],
    build: `ext4_with_data $d1
mksquashfs /etc $at/image -quiet -no-progress -comp zstd
mkdir /zoo/fuse
modprobe fuse
(exec -a @squashfuse squashfuse -f $at/image /zoo/fuse) &
while ! mountpoint -q /zoo/fuse; do sleep 0.1; done
ls /zoo/fuse | wc -l
`,
    steps: ["umount '/oldroot/zoo/fuse'", "process end 'squashfuse'"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "fuse ntfs-3g",
    parts: [32],
    build: `dmsetup create zoo-ntfs --table "0 $(sectors $d1) linear $d1 0"
mkntfs -q -F -Q /dev/mapper/zoo-ntfs
modprobe fuse
(exec -a @ntfs-3g ntfs-3g -o no_detach /dev/mapper/zoo-ntfs $at) &
while ! mountpoint -q $at; do sleep 0.1; done
put $at
`,
    steps: ["dm remove 'zoo-ntfs'"],
    inspect: `ntfsfix -n $d1 >/tmp/ntfs || fail "$(tail -n 2 /tmp/ntfs)"
if ntfsinfo -m $d1 | grep -q DIRTY; then fail "the volume is dirty"; fi
ntfs-3g -o ro $d1 $at
same $at
`,
  },
];
