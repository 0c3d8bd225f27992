# For the stacks of the fuzzer: $p1 to $p12 are partitions, $sums a directory of the stack's own.

# Otherwise mkfs.xfs requires 300 MiB.
export TEST_DIR=1 TEST_DEV=1 QA_CHECK_FS=1
key=(--key-file /run/template --keyfile-size 32)

template=$(</run/template)

# Leaves a file that is not written back, unlike that of any other mount.
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
