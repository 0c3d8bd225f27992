# PID 1 of the stage: builds a stack or inspects one, without udev or systemd.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
export DM_DISABLE_UDEV=1 MDADM_NO_UDEV=1 IMSM_NO_PLATFORM=1
mount -t tmpfs tmpfs /mnt
mkdir -p /run/lvm/conf /run/mdadm /mnt/a /mnt/b /mnt/root
export LVM_SYSTEM_DIR=/run/lvm/conf
cat >/run/lvm/conf/lvm.conf <<'END'
devices { obtain_device_list_from_udev = 0 use_devicesfile = 0 scan = "/dev" }
activation { udev_sync = 0 udev_rules = 0 monitoring = 0 }
global { event_activation = 0 }
END
for serial in /sys/class/block/vd*/serial; do
  disk=${serial%/serial}
  [ "$(cat "$serial")" = system ] && system=/dev/${disk##*/}
  [ "$(cat "$serial")" = disk1 ] && hdd=/dev/${disk##*/}
done

end_stage() {
  echo "stage: ended with $? at $(cut -d ' ' -f 1 /proc/uptime)"
  sync
  echo o >/proc/sysrq-trigger
  sleep 60
}
trap end_stage EXIT

copy_root() {
  e2image -ra "$system" "$1"
}

fact() {
  echo "fact: $*"
}

# NAME DEVICE
fact_ext4() {
  if dumpe2fs -h "$2" 2>/dev/null | grep -q needs_recovery; then
    fact "$1: needs recovery"
  elif e2fsck -fn "$2" >/tmp/e2fsck 2>&1; then
    fact "$1: clean"
  else
    cat /tmp/e2fsck
    fact "$1: e2fsck objects"
  fi
}

# DEVICE...: mdadm's description of each member
fact_members() {
  for member in "$@"; do
    mdadm --examine "$member" >/tmp/md 2>&1
    cat /tmp/md
    state=$(sed -n 's/^ *State : //p' /tmp/md | head -n 1)
    grep -q 'Resync Offset' /tmp/md && state="$state, resync pending"
    fact "member ${member#/dev/}: $state"
  done
}

# NAME: what the kernel would do with an array that was assembled read-only
fact_resync() {
  fact "$1: resync from $(cat "/sys/block/$1/md/resync_start")"
}
