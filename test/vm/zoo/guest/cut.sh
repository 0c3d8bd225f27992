# PID 1: builds write-back caches, writes data that is acknowledged but still in
# the caches, and has everything released.
. ./common.sh
. ./cut-lib.sh
echo on >/proc/sys/kernel/printk_devkmsg

fail() {
  echo "broken: $*"
  exec sleep 1
}

modprobe -a virtio_blk dm_mod dm_writecache dm_cache dm_cache_smq bcache ext4
for serial in /sys/block/vd*/serial; do
  if [ "$(<"$serial")" = caches ]; then disk=/dev/$(cut -d / -f 4 <<<"$serial"); fi
done
sfdisk -q --no-tell-kernel "$disk" <<'EOT'
label: gpt
size=64MiB
size=32MiB
size=64MiB
size=32MiB
size=8MiB
size=64MiB
size=48MiB
size=1MiB
EOT
blockdev --rereadpt "$disk"
make-bcache --bucket 64k -C "${disk}7" -B "${disk}6" --writeback >/dev/null

for cache in writecache cache bcache; do
  assemble_cache "$cache" || fail "$cache"
  mke2fs -q -t ext4 -b 4096 -O ^resize_inode -J size=4 -E lazy_itable_init=0,nodiscard "$device"
  mkdir -p "/zoo/$cache"
  mount -t ext4 "$device" "/zoo/$cache" || fail "$cache"
done
# Each write is acknowledged by fsync(2).
for cache in writecache cache bcache; do
  for file in 1 2 3 4 5 6 7 8; do
    dd if=/dev/urandom of="/zoo/$cache/$file" bs=64k count=16 conv=fsync status=none
    echo "sum $cache $file $(sha256sum <"/zoo/$cache/$file" | cut -d ' ' -f 1)"
  done
done
dmsetup status
cat /sys/block/bcache0/bcache/state /sys/block/bcache0/bcache/dirty_data
printf 'exitrd: the teardown begins%4069s' '' | dd of="${disk}8" bs=4096 count=1 oflag=direct status=none
echo "built at $(cut -d ' ' -f 1 /proc/uptime)"
. ./leave.sh
