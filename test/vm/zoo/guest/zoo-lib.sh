# For the rows of the zoo: $name, $at (a directory of the row), $d1, $d2, …

at=/zoo/$name
mkdir -p "$at"

# Writes a file that is not written back yet, and records its checksum.
put() {
  dd if=/dev/urandom of="$1/data" bs=64k count=16 status=none
  echo "sum $name $(sha256sum <"$1/data" | cut -d ' ' -f 1)"
}

ext4() {
  mke2fs -q -t ext4 -b 4096 -O ^resize_inode -J size=4 -E lazy_itable_init=0,nodiscard "$1"
}

# Formats, mounts and fills.
ext4_with_data() {
  ext4 "$1"
  mkdir -p "${2:-$at}"
  mount -t ext4 "$1" "${2:-$at}"
  put "${2:-$at}"
}
