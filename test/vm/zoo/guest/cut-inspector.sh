# PID 1: assembles the caches of each disk, and checks that all acknowledged writes are there.
. ./common.sh
modprobe -a virtio_blk dm_mod dm_writecache dm_cache dm_cache_smq bcache ext4

inspect() {
  . ./cut-lib.sh
  assemble_cache "$1"
  mount -t ext4 "$device" /zoo
  while read -r _ _ file sum; do
    if [ "$(sha256sum <"/zoo/$file" | cut -d ' ' -f 1)" != "$sum" ]; then
      echo "file $file is not what was acknowledged"
      return 1
    fi
  done < <(grep "^sum $1 " sums)
}

# The next disk can then have the same names and UUIDs.
put_away() {
  local file
  umount /zoo
  dmsetup remove_all
  for file in /sys/block/bcache*/bcache/stop /sys/fs/bcache/*-*/stop; do echo 1 >"$file"; done
  for file in 1 2 3 4 5 6 7 8 9 10; do
    if ! ls -d /sys/fs/bcache/*-* /sys/block/bcache*; then break; fi
    sleep 0.3
  done
} >/dev/null 2>&1

for serial in /sys/block/vd*/serial; do
  name=$(<"$serial")
  if [[ $name != cut* ]]; then continue; fi
  disk=/dev/$(cut -d / -f 4 <<<"$serial")
  for cache in writecache cache bcache; do
    export disk
    export -f inspect
    if timeout 120 bash -e -c 'inspect "$1"' - "$cache" >/tmp/out 2>&1 </dev/null; then
      echo "good $cache $name"
    else
      echo "bad $cache $name: $(tail -n 4 /tmp/out | tr '\n' ' ')"
    fi
    put_away
  done
done
mkfifo /run/never
echo o >/proc/sysrq-trigger
# After the disk is gone, no program can be executed.
read -r -t 60 <>/run/never
