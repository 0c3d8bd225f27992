# For the stacks of the fuzzer: $p1 to $p12 are partitions, $sums is a directory of the stack.

# Otherwise mkfs.xfs requires 300 MiB.
export TEST_DIR=1 TEST_DEV=1 QA_CHECK_FS=1
key=(--key-file /run/template --keyfile-size 32)

template=$(</run/template)

# Writes a file that is not written back yet, different on each mount.
put() {
  echo "$template$1" >"$2/data"
}

same() {
  [ "$(<"$2/data")" = "$template$1" ]
}

ext4() {
  mke2fs -q -F -t ext4 -b 1024 -N 64 -O ^resize_inode -J size=1 -E lazy_itable_init=1,nodiscard "$1"
}

ext4_with_journal() {
  mke2fs -q -F -b 4096 -O journal_dev "$2" 8192
  mke2fs -q -F -t ext4 -b 4096 -N 64 -J device="$2" -E lazy_itable_init=1,nodiscard "$1"
}

xfs() {
  mkfs.xfs -q -f -K -d noalign,agcount=2 "${@:2}" "$1"
}

luks1() {
  cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000 "${key[@]}" "$1"
}

luks2() {
  cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
    --luks2-metadata-size 16k --luks2-keyslots-size 256k "${key[@]}" "$1"
}

open_luks() {
  cryptsetup open "${key[@]}" "$1" "$2"
}

make_swap() {
  dd if=/dev/zero of="$1" bs=64k count=32 status=none
  chmod 600 "$1"
  mkswap -q "$1"
}

# Two partitions of $2 MiB on $3; the kernel rereads the table later.
table() {
  printf 'label: %s\nsize=%sMiB\nsize=%sMiB\n' "$1" "$2" "$2" |
    sfdisk -q --no-reread --no-tell-kernel --wipe never "$3"
}

# Replaces partition $1 by a device whose table can be changed.
stand_in() {
  local part=p$1
  dmsetup create "f$1" --table "0 $(blockdev --getsz "${!part}") linear ${!part} 0"
  declare -g "$part=/dev/mapper/f$1"
}

# Changes the table of device $1, without any message to the layers on it.
change_table() {
  dmsetup suspend --nolockfs --noflush "$1"
  dmsetup load "${@:2}" "$1"
  dmsetup resume "$1"
}

break_disk() {
  local table size device
  table=$(dmsetup table --showkeys "$1")
  read -r _ size _ device _ <<<"$table"
  rm -f "/run/table-$1"
  if [ "$2" = suspend ]; then
    dmsetup suspend --nolockfs --noflush "$1"
    return
  fi
  echo "$table" >"/run/table-$1"
  case $2 in
    error) change_table "$1" --table "0 $size error" ;;
    flakey) change_table "$1" --table "0 $size flakey $device 0 0 3600 1 error_writes" ;;
    delay) change_table "$1" --table "0 $size delay $device 0 600000" ;;
    readonly) change_table "$1" --readonly --table "$table" ;;
  esac
}

mend_disk() {
  if [ ! -e "/dev/mapper/$1" ] || ! dmsetup info "$1" >/dev/null 2>&1; then return 0; fi
  if [ -e "/run/table-$1" ]; then
    change_table "$1" --table "$(</run/table-$1)"
  else
    dmsetup resume "$1"
  fi
}

# Device $2, mounted at $3.
serve_ntfs() {
  local tries=0
  modprobe fuse
  mkdir -p "$3"
  mkntfs -q -F -Q "$2"
  setsid ntfs-3g -o no_detach "$2" "$3" </dev/null >/dev/null 2>&1 &
  echo $! >"/run/server$1"
  while ! mountpoint -q "$3"; do
    [ $((tries += 1)) -lt 100 ]
    sleep 0.1
  done
}

# Device $2, served as $3.
serve_nbd() {
  local tries=0 socket=/run/nbd$1.sock
  modprobe nbd
  rm -f "$socket"
  printf '[generic]\nunixsock = %s\nport = %s\n[disk]\nexportname = %s\n' \
    "$socket" "$((10800 + $1))" "$2" >"/run/nbd$1.conf"
  setsid nbd-server -d -C "/run/nbd$1.conf" </dev/null >/dev/null 2>&1 &
  echo $! >"/run/server$1"
  while [ ! -S "$socket" ]; do
    [ $((tries += 1)) -lt 100 ]
    sleep 0.1
  done
  nbd-client -unix "$socket" -N disk "$3"
}

kill_server() {
  kill -KILL "$(<"/run/server$1")"
}

add_disk() {
  local tries=0
  # Only udev would load it.
  modprobe sd_mod
  modprobe scsi_debug dev_size_mb=192
  while ! ls /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block 2>/dev/null >"/run/disk$1"; do
    [ $((tries += 1)) -lt 100 ] || return 1
    sleep 0.1
  done
  echo "/dev/$(<"/run/disk$1")"
}

pull_disk() {
  echo 1 >"/sys/block/$(<"/run/disk$1")/device/delete"
}

mount_configfs() {
  mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
}

# Exports the file $2.
export_nvmet() {
  local space=/sys/kernel/config/nvmet/subsystems/fuzz$1/namespaces/1
  modprobe -a nvmet configfs
  mount_configfs
  truncate -s 4M "$2"
  mkdir -p "$space"
  echo -n "$2" >"$space/device_path"
  echo 1 >"$space/enable"
}

unexport_nvmet() {
  local system=/sys/kernel/config/nvmet/subsystems/fuzz$1
  mount_configfs
  if [ -e "$system/namespaces/1" ]; then rmdir "$system/namespaces/1"; fi
  if [ -e "$system" ]; then rmdir "$system"; fi
  umount /sys/kernel/config
}

# Exports the file $2.
export_lio() {
  local store=/sys/kernel/config/target/core/fileio_$1/fuzz
  modprobe -a target_core_mod target_core_file configfs
  mount_configfs
  truncate -s 4M "$2"
  mkdir -p "$store"
  echo "fd_dev_name=$2,fd_dev_size=$((4 << 20)),fd_buffered_io=1" >"$store/control"
  echo 1 >"$store/enable"
}

unexport_lio() {
  local store=/sys/kernel/config/target/core/fileio_$1
  mount_configfs
  if [ -e "$store/fuzz" ]; then rmdir "$store/fuzz"; fi
  if [ -e "$store" ]; then rmdir "$store"; fi
  umount /sys/kernel/config
}

# Takes the file $2.
empty_loop() {
  : >"$2"
  losetup "/dev/loop$(($1 + 20))" "$2"
}

thaw() {
  local tries=0
  if ! mountpoint -q /run/ice; then return 0; fi
  if [ -e /run/ice/a ]; then
    echo THAWED >/run/ice/a/freezer.state
    while ! rmdir /run/ice/a 2>/dev/null; do
      [ $((tries += 1)) -lt 50 ]
      sleep 0.1
    done
  fi
  umount /run/ice
}
