#!/bin/sh
# Runs on the host, called by mmdebstrap with the new root as $1: makes an initrd
# that can open every stack, and that takes the scripts of a stack from the disk
# "case".
set -eu
root=$1
tools=$root/etc/initramfs-tools

# Arrays keep their own names, whatever this machine is called.
mkdir -p "$root/etc/mdadm"
cat >"$root/etc/mdadm/mdadm.conf" <<'END'
HOMEHOST <ignore>
MAILADDR root
END

cat >"$tools/hooks/exitrd-roots" <<'END'
#!/bin/sh
if [ "$1" = prereqs ]; then exit 0; fi
. /usr/share/initramfs-tools/hook-functions
manual_add_modules nvme virtio_blk virtio_pci ext4 vfat nls_cp437 nls_ascii nls_iso8859_1 squashfs \
  overlay loop raid0 raid1 raid10 raid456 dm_mod dm_thin_pool dm_cache dm_cache_smq dm_writecache \
  dm_integrity dm_multipath dm_round_robin dm_crypt dm_raid xts
for tool in mdadm mdmon dmsetup losetup mkfs.ext4 cryptsetup integritysetup vgchange cache_check \
  thin_check; do
  copy_exec "$(command -v $tool)" /sbin
done
cp /etc/initramfs-tools/exitrd-init "$DESTDIR/exitrd-init"
END

# The kernel starts this instead of /init (rdinit=): it fetches the files of the disk
# "case" before udev sees any disk.
cat >"$tools/exitrd-init" <<'END'
#!/bin/sh
export PATH=/sbin:/bin:/usr/sbin:/usr/bin
mkdir -p /dev /proc /sys /exitrd
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
modprobe -a virtio_pci virtio_blk nvme ext4 2>/dev/null
tries=0
while [ $tries -lt 50 ]; do
  for serial in /sys/class/block/vd*/serial; do
    disk=${serial%/serial}
    [ "$(cat "$serial")" = case ] && case=/dev/${disk##*/}
    [ "$(cat "$serial")" = system ] && system=/dev/${disk##*/}
  done
  [ -n "$case" ] && break
  tries=$((tries + 1))
  sleep 0.1
done
if grep -q exitrd.stage /proc/cmdline; then
  exec </dev/console >/dev/ttyS1 2>&1
  mount -t ext4 -o ro,noload "$system" /root
  mount -t tmpfs tmpfs /root/run
  mount -t tmpfs tmpfs /root/tmp
  for api in dev proc sys; do mount --move "/$api" "/root/$api"; done
  mkdir /root/run/case
  exec run-init /root /bin/bash -c "tar -x -C /run/case -f $case && cd /run/case && exec bash stage.sh"
fi
tar -x -C /exitrd -f "$case"
# An array that needs more than its members must not be assembled by udev.
[ -e /exitrd/no-auto ] && rm -f /usr/lib/udev/rules.d/64-md-raid-assembly.rules /lib/udev/rules.d/64-md-raid-assembly.rules
umount /sys /proc /dev
exec /init
END

cat >"$tools/scripts/local-top/exitrd-roots" <<'END'
#!/bin/sh
if [ "$1" = prereqs ]; then echo udev; exit 0; fi
if [ -e /exitrd/boot.sh ]; then . /exitrd/boot.sh; fi
END

# boot=exitrd: the stack mounts the root itself, as live systems do.
cat >"$tools/scripts/exitrd" <<'END'
mountroot() {
  . /exitrd/boot.sh
}
mount_top() { :; }
mount_premount() { :; }
mount_bottom() { :; }
END

chmod 755 "$tools/hooks/exitrd-roots" "$tools/exitrd-init" "$tools/scripts/local-top/exitrd-roots"
# mdadm's own shutdown unit would start dracut; mdcheck timers start resyncs.
chroot "$root" systemctl mask mdadm-shutdown.service mdcheck_start.timer mdcheck_continue.timer \
  mdmonitor-oneshot.timer mdmonitor.service >/dev/null 2>&1
