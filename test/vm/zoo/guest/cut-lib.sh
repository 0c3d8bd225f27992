# For both machines of the power cut: the caches on the disk $disk.

sectors() { blockdev --getsz "$1"; }

# NAME: assembles it from the disk, and sets $device.
assemble_cache() {
  case $1 in
    writecache)
      dmsetup create cut-writecache --table "0 $(sectors "${disk}1") writecache s ${disk}1 ${disk}2 4096 0"
      device=/dev/mapper/cut-writecache
      ;;
    cache)
      dmsetup create cut-cache --table "0 $(sectors "${disk}3") cache ${disk}5 ${disk}4 ${disk}3 64 1 writeback smq 0"
      device=/dev/mapper/cut-cache
      ;;
    bcache)
      modprobe bcache
      echo "${disk}7" >/sys/fs/bcache/register
      echo "${disk}6" >/sys/fs/bcache/register
      local tries=0
      until device=$(echo /sys/block/bcache*) && [ -e "$device" ]; do
        [ $((tries += 1)) -lt 100 ]
        sleep 0.1
      done
      device=/dev/${device##*/}
      ;;
  esac
}
