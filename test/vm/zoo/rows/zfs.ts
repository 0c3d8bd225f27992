import type { Row } from "../row.ts";

// Without udevd there are no links in /dev/zvol, so the newest device is used.
const library = `modprobe zfs
new_zvol() {
  local before=" $(echo /dev/zd*) " tries=0 device
  zfs create -s -V "$2" "$1"
  while [ $((tries += 1)) -lt 100 ]; do
    for device in /dev/zd*; do
      case "$before" in *" $device "*) ;; *) [ ! -b "$device" ] || { echo "$device"; return; } ;; esac
    done
    sleep 0.1
  done
}
`;

// Acts as another machine, which cannot import pools that are not marked as exported.
const inspectorLibrary = `printf '\\021\\042\\063\\104' >/etc/hostid
modprobe zfs
exported() {
  local device
  for device in "$@"; do
    zdb -l "$device" >/tmp/zdb 2>&1 || fail "no label on $device: $(tail -n 2 /tmp/zdb)"
    grep -q 'state: 1$' /tmp/zdb || fail "$device: $(grep 'state:' /tmp/zdb)"
    grep -q 'labels = 0 1 2 3' /tmp/zdb || fail "$device: $(grep labels /tmp/zdb)"
  done
}
zvol_of_size() {
  local device tries=0
  while [ $((tries += 1)) -lt 100 ]; do
    for device in /dev/zd*; do
      if [ -b "$device" ] && [ "$(blockdev --getsize64 "$device")" = "$1" ]; then
        echo "$device"
        return
      fi
    done
    sleep 0.1
  done
}
`;

function makeRow(row: Row): Row {
  return { ...row, build: library + row.build, inspect: inspectorLibrary + row.inspect };
}

/** Pools on disks, on a crypt target and on a loop device, with datasets, snapshots and zvols. */
export const zfsRows: readonly Row[] = [
  {
    name: "zfs mirror",
    parts: [96, 96],
    build: `zpool create -m $at zoomirror mirror $d1 $d2
zfs create zoomirror/inner
zfs snapshot zoomirror/inner@one
ls $at/inner/.zfs/snapshot/one
put $at
`,
    steps: ["zpool export 'zoomirror'"],
    inspect: `exported $d1 $d2
zpool import -d $d1 -d $d2 zoomirror
same $at
[ "$(zpool get -H -o value health zoomirror)" = ONLINE ] || fail "not healthy"
zpool export zoomirror
`,
  },
  {
    name: "zfs on crypt with zvols",
    parts: [160],
    build: `key=$(printf '%064d' 7)
dmsetup create zoo-zcrypt --table "0 $(sectors $d1) crypt aes-xts-plain64 $key 0 $d1 0"
zpool create -m none zoocrypt /dev/mapper/zoo-zcrypt
swap=$(new_zvol zoocrypt/swap 16M)
mkswap $swap
swapon $swap
vol=$(new_zvol zoocrypt/vol 48M)
ext4_with_data $vol
`,
    steps: ["zpool export 'zoocrypt'", "dm remove 'zoo-zcrypt'"],
    inspect: `key=$(printf '%064d' 7)
dmsetup create zoo-zcrypt --table "0 $(sectors $d1) crypt aes-xts-plain64 $key 0 $d1 0"
exported /dev/mapper/zoo-zcrypt
zpool import -N -d /dev/mapper zoocrypt
good_ext4 $(zvol_of_size $((48 << 20)))
umount $at
zpool export zoocrypt
`,
  },
  {
    name: "zfs on loop on zvol with partitions",
    parts: [256],
    build: `zpool create -m none zoolow $d1
vol=$(new_zvol zoolow/vol 160M)
printf 'label: gpt\\nsize=150MiB\\n' | sfdisk -q --no-tell-kernel $vol
blockdev --rereadpt $vol
while [ ! -b \${vol}p1 ]; do sleep 0.1; done
ext4_with_data \${vol}p1
truncate -s 100M $at/image
loop=$(losetup -f --show $at/image)
zpool create -m none zootop $loop
zfs create -o mountpoint=/zoo/ztop zootop/data
dd if=/dev/urandom of=/zoo/ztop/file bs=64k count=4 status=none
`,
    steps: ["zpool export 'zootop'", "loop detach 'loop", "zpool export 'zoolow'"],
    inspect: `exported $d1
zpool import -N -d $d1 zoolow
vol=$(zvol_of_size $((160 << 20)))
while [ ! -b \${vol}p1 ]; do sleep 0.1; done
good_ext4 \${vol}p1
loop=$(losetup -r -f --show $at/image)
exported $loop
losetup -d $loop
umount $at
zpool export zoolow
`,
  },
].map(makeRow);
