# PID 1 of the fuzzer: builds the stacks one by one, has each taken apart by the
# executor, puts it together again, compares, has it taken apart again and wipes.
# Each line on the output begins with the stack's number.
. ./common.sh
umount /tmp
modprobe -a virtio_blk loop dm_mod dm_crypt dm_thin_pool dm_snapshot dm_mirror dm_cache dm_cache_smq \
  dm_raid dm_integrity raid0 raid1 raid456 raid10 ext4 xfs btrfs vfat squashfs overlay
# What is mounted and assembled all the time would be most of the console.
echo 4 >/proc/sys/kernel/printk
# Of what takes time and is not what is tried here.
cat >>/etc/lvm/lvmlocal.conf <<'EOF'
devices/scan_lvs = 1
devices/ignore_lvm_mirrors = 0
devices/md_component_detection = 0
devices/multipath_component_detection = 0
backup { backup = 0 archive = 0 }
global/notify_dbus = 0
activation/reserved_memory = 0
activation/reserved_stack = 0
EOF

for serial in /sys/block/vd*/serial; do
  if [ "$(<"$serial")" = fuzz ]; then disk=/dev/$(cut -d / -f 4 <<<"$serial"); fi
done
sfdisk -q --no-tell-kernel "$disk" <table
blockdev --rereadpt "$disk"
# The kernel keeps what it has read of a table; blkdiscard refuses a disk that has one.
blkdiscard -f -z "$disk"
for ((number = 1; number <= 12; number++)); do export "p$number=$disk$number"; done

head -c 49152 /dev/urandom | base64 >/run/template
mkdir /run/tree
cp /run/template /run/tree/data
mksquashfs /run/tree /run/template.sqfs -quiet -no-progress -noI -noD -noF

# All that a stack may leave behind, one a line.
list_attached() {
  local id parent dev root target rest file
  while read -r id parent dev root target rest; do echo "mount $target"; done </proc/self/mountinfo
  while read -r target rest; do echo "swap $target"; done </proc/swaps
  for file in /sys/block/dm-*/dm/name /sys/block/loop*/loop/backing_file; do
    if [ -e "$file" ]; then echo "$file $(<"$file")"; fi
  done
  for file in /sys/block/md*/md/array_state; do
    # It may be on its way out.
    case $(cat "$file" 2>/dev/null) in '' | clear) ;; *) echo "$file" ;; esac
  done
  for file in /sys/fs/btrfs/*-*; do
    if [ -e "$file" ]; then echo "$file"; fi
  done
}

# Prints what was not there before the stack; false if that is nothing.
find_left() {
  local now
  now=$(list_attached)
  [ "$now" != "$before" ] && grep -vxF "$before" <<<"$now"
}

# In a PID namespace of its own the executor is PID 1 and may kill all others.
take_down() {
  unshare --pid --fork bash -c '
    mount -t proc proc /proc
    for target in '"$worked_in"'; do (cd "$target" && exec sleep 100000) & done
    exec ./take-apart take-down' >/run/apart
  umount /proc
}

# By way of a file: a child that hangs would keep a pipe open.
release() {
  local holder
  if [ -n "$held" ]; then
    # By a descriptor, and by its working directory.
    if [[ $stack == *[02468] ]]; then
      sleep 100000 <"$held" &
    else
      (cd "$held" && exec sleep 100000) &
    fi
    holder=$!
    while [ "$(</proc/$holder/comm)" != sleep ]; do :; done
    ./take-apart release >/run/apart
    echo "$stack held $(</run/apart)"
    kill "$holder"
    wait "$holder" 2>/dev/null
    ./take-apart release >/run/apart
  else
    take_down
  fi
  echo "$stack apart $(</run/apart)"
  find_left | sed "s/^/$stack left /"
}

# By force, so that the next stack finds nothing.
clean_up() {
  local round
  for round in 1 2 3; do
    swapoff -a
    grep -o ' /zoo/[^ ]*' /proc/self/mountinfo | sort -r | xargs -r -n 1 umount -l
    dmsetup remove_all --force
    mdadm --stop --scan
    losetup -D
    find_left || return
    sleep 1
  done
} >/dev/null 2>&1

run_script() {
  timeout -s KILL 60 bash -eE -c '
    trap "echo \"failed: \$BASH_COMMAND\"" ERR
    . ./fuzz-lib.sh
    . "$1"' - "$1" >/run/log 2>&1
}

say_failed() {
  echo "$stack $1 $(tail -n 4 /run/log | tr '\n' ' ')"
}

unclean='recovery complete|Starting recovery|Ending recovery|log replay|not properly unmounted|not clean|resync of|needs_check|corrupt|I/O error'

run_stack() {
  local line
  # As systemd has it: what is mounted in one place shows in all that are bound to it.
  mount --make-rshared /
  before=$(list_attached)
  if run_script "$1/build"; then
    echo "$stack built"
    release
    dmesg -C
    if run_script "$1/again"; then
      held=
      release
    else
      say_failed different
    fi
    while read -r line; do
      if [[ $line =~ $unclean ]]; then echo "$stack unclean $line"; fi
    done < <(dmesg)
  else
    say_failed not-built
  fi
  if find_left >/dev/null; then clean_up; fi
  rm -rf --one-file-system /dev/mapper/z* /dev/mapper/v* /dev/v[0-9]* /dev/md[0-9]* /zoo/*
  # Which fails while something has one of the partitions.
  blkdiscard -z "$disk" || echo "$stack claimed"
}

for folder in stacks/*; do
  stack=${folder##*/}
  echo "$stack begin"
  start=${EPOCHREALTIME/./}
  held=$(<"$folder/held")
  worked_in=$(<"$folder/worked-in")
  run_stack "$folder"
  echo "$stack end $(((${EPOCHREALTIME/./} - start) / 1000))"
  if find_left >/dev/null; then break; fi
done
mkfifo /run/never
echo o >/proc/sysrq-trigger
# No program can be read any more once the disk is off.
read -r -t 60 <>/run/never
