# For both machines; sourced before everything else.

export DM_DISABLE_UDEV=1
rm -rf /run/udev
mount -t tmpfs tmpfs /tmp
mkdir -p /zoo /dev/zoo
# A suspended device would block every scan.
cat >/etc/lvm/lvmlocal.conf <<'EOF'
devices { obtain_device_list_from_udev = 0 use_devicesfile = 0 ignore_suspended_devices = 1 }
activation { udev_sync = 0 udev_rules = 0 monitoring = 0 }
global { event_activation = 0 }
EOF

# Without udevd: links each partition of the disks as /dev/zoo/NAME, its name in their tables.
link_partitions() {
  local event part
  for event in /sys/class/block/*/uevent; do
    part=$(sed -n 's/^PARTNAME=//p' "$event")
    [ -z "$part" ] || ln -s "/dev/$(sed -n 's/^DEVNAME=//p' "$event")" "/dev/zoo/$part"
  done
}

# Calls $1 with each disk of the zoo and its serial number.
each_disk() {
  local disk serial
  modprobe -a nvme virtio_blk
  for disk in /sys/block/vd* /sys/block/nvme*; do
    serial=$(cat "$disk/serial" "$disk/device/serial" 2>/dev/null | tr -d ' ')
    if [ -e "table-$serial" ]; then "$1" "/dev/${disk##*/}" "$serial"; fi
  done
}
