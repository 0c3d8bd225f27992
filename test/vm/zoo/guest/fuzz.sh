# PID 1 of the fuzzer. Builds the stacks one by one; the executor takes each apart, the stack is
# assembled again and compared, taken apart once more, and wiped. Each line of output begins with
# the stack's number.
. ./common.sh
umount /tmp
modprobe -a virtio_blk loop dm_mod dm_crypt dm_thin_pool dm_snapshot dm_mirror dm_cache dm_cache_smq \
  dm_raid dm_integrity raid0 raid1 raid456 raid10 ext4 xfs btrfs vfat squashfs overlay
# Messages about mounting and assembling would fill most of the console.
echo 4 >/proc/sys/kernel/printk
# Disables features that take time and are not tested here.
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
# The kernel keeps a partition table that it has read; blkdiscard refuses a disk that has one.
blkdiscard -f -z "$disk"
for ((number = 1; number <= 12; number++)); do export "p$number=$disk$number"; done

head -c 49152 /dev/urandom | base64 >/run/template
mkfifo /run/never
mkdir /run/tree
cp /run/template /run/tree/data
mksquashfs /run/tree /run/template.sqfs -quiet -no-progress -noI -noD -noF

# Sets `attached` to everything that a stack may leave behind, one per line. Without a child: under
# emulation, each costs as much as a step of the teardown.
list_attached() {
  local lines line file text
  attached=
  set -f
  mapfile -t lines </proc/self/mountinfo
  for line in "${lines[@]}"; do
    set -- $line
    attached+="mount $5"$'\n'
  done
  mapfile -t -s 1 lines </proc/swaps
  for line in "${lines[@]}"; do attached+="swap ${line%% *}"$'\n'; done
  set +f
  for file in /sys/block/dm-*/dm/name /sys/block/loop*/loop/backing_file; do
    if [ -e "$file" ] && IFS= read -r text <"$file"; then attached+="$file $text"$'\n'; fi
  done 2>/dev/null
  for file in /sys/block/md*/md/array_state; do
    text=
    # It may be about to disappear.
    { read -r text <"$file"; } 2>/dev/null
    case $text in '' | clear) ;; *) attached+="$file"$'\n' ;; esac
  done
  for file in /sys/fs/btrfs/*-*; do
    if [ -e "$file" ]; then attached+="$file"$'\n'; fi
  done
}

# Prints what did not exist before the stack; false if there is nothing.
find_left() {
  local attached
  list_attached
  [ "$attached" != "$before" ] && grep -vxF "$before" <<<"${attached%$'\n'}"
}

# In a PID namespace of its own, the executor is PID 1 and may kill all other processes.
take_down() {
  unshare --pid --fork bash -c '
    mount -t proc proc /proc
    for target in '"$worked_in"'; do (cd "$target" && exec sleep 100000) & done
    exec ./take-apart take-down' >/run/apart
  umount /proc
}

# The same, with faults: it may leave children that hang until the faults are undone, and cannot
# exit before them.
take_down_faulty() {
  local tries=0 runner log
  : >/run/apart
  if [ -n "$frozen_in" ]; then
    mkdir -p /run/ice
    mount -t cgroup -o freezer freezer /run/ice
    mkdir /run/ice/a
  fi
  unshare --pid --fork bash -c '
    mount -t proc proc /proc
    for target in '"$worked_in"'; do (cd "$target" && exec sleep 100000) & done
    for target in '"$frozen_in"'; do
      (cd "$target" && exec sleep 100000) &
      while [ "$(</proc/$!/comm)" != sleep ]; do :; done
      echo $! >/run/ice/a/cgroup.procs
      echo FROZEN >/run/ice/a/freezer.state
    done
    exec ./take-apart take-down-faulty' >/run/apart 2>/run/apart-log &
  runner=$!
  # The executor prints one line at its end.
  until [ -s /run/apart ] && [ -z "$(tail -c 1 /run/apart)" ]; do
    kill -0 "$runner" 2>/dev/null && [ $((tries += 1)) -lt 800 ] || break
    read -r -t 0.1 <>/run/never
  done
  # Detached, since hanging children may still use it; umount(8) would ask it for /proc/self
  # first.
  perl -e 'my $at = "/proc"; syscall(166, $at, 2) == 0 or die "$at: $!"'
  if [ -s /run/apart ]; then log=/run/apart; else log=/run/apart-log; fi
  echo "$stack apart $(<$log)"
  find_left | sed "s/^/$stack kept /"
  run_script "$1/mend" || say_failed mended
  for ((tries = 0; tries < 200; tries++)); do
    kill -0 "$runner" 2>/dev/null || break
    read -r -t 0.1 <>/run/never
  done
  if find_left >/dev/null; then clean_up; fi
  if [ -e /sys/module/scsi_debug ]; then modprobe -q -r scsi_debug; fi
}

# Prints the meaning of device names.
say_names() {
  local file name text
  for file in /sys/block/dm-*/dm/name /sys/block/loop*/loop/backing_file; do
    if [ -e "$file" ] && IFS= read -r text <"$file"; then
      name=${file#/sys/block/}
      echo "$stack map ${name%%/*} $text"
    fi
  done
  for file in /sys/fs/btrfs/*-*; do
    if [ -e "$file" ]; then echo "$stack map $file $(cat "$file"/devices/*/dm/name | head -n 1)"; fi
  done
}

# Through a file: a hanging child would keep a pipe open.
release() {
  local holder
  if [ -n "$held" ]; then
    # By a descriptor, or by its working directory.
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
  local round connection device
  for round in 1 2 3; do
    swapoff -a
    for connection in /sys/fs/fuse/connections/*/abort; do echo 1 >"$connection"; done
    for device in /dev/nbd[0-9]; do nbd-client -d "$device"; done
    grep -o ' /zoo/[^ ]*' /proc/self/mountinfo | sort -r | xargs -r -n 1 umount -l
    dmsetup remove_all --force
    mdadm --stop --scan
    losetup -D
    find_left || return
    sleep 1
  done
} >/dev/null 2>&1

run_script() {
  timeout -s KILL 120 bash -eE -c '
    trap "echo \"failed: \$BASH_COMMAND\"" ERR
    . ./fuzz-lib.sh
    . "$1"' - "$1" >/run/log 2>&1
}

say_failed() {
  echo "$stack $1 $(tail -n 4 /run/log | tr '\n' ' ')"
}

unclean='recovery complete|Starting recovery|Ending recovery|log replay|not properly unmounted|not clean|resync of|needs_check|corrupt|I/O error'

break_stack() {
  [ -e "$1/inject" ] || return 0
  say_names
  run_script "$1/inject"
}

run_stack() {
  local line
  # As under systemd: mounts propagate to all bind mounts of their parent.
  mount --make-rshared /
  list_attached
  before=$attached
  if run_script "$1/build" && break_stack "$1"; then
    echo "$stack built"
    if [ -e "$1/inject" ]; then take_down_faulty "$1"; else release; fi
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
    if [ -e "$1/mend" ]; then run_script "$1/mend"; fi
  fi
  if find_left >/dev/null; then clean_up; fi
  rm -rf --one-file-system /dev/mapper/z* /dev/mapper/v* /dev/v[0-9]* /dev/md[0-9]* /zoo/*
  # This fails if something still uses one of the partitions.
  blkdiscard -z "$disk" || echo "$stack claimed"
}

for folder in stacks/*; do
  stack=${folder##*/}
  echo "$stack begin"
  start=${EPOCHREALTIME/./}
  held=$(<"$folder/held")
  worked_in=$(<"$folder/worked-in")
  frozen_in=
  if [ -e "$folder/frozen-in" ]; then frozen_in=$(<"$folder/frozen-in"); fi
  run_stack "$folder"
  echo "$stack end $(((${EPOCHREALTIME/./} - start) / 1000))"
  if find_left >/dev/null; then break; fi
done
echo o >/proc/sysrq-trigger
# After the disk is gone, no program can be executed.
read -r -t 60 <>/run/never
