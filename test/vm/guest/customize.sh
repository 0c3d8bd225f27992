#!/bin/sh
# Runs on the host, called by mmdebstrap with the new root as $1, its
# configuration files in $2 and the folder for the file systems as $3.
set -eu
root=$1 files=$2 out=$3

cp -r "$files/." "$root/"
chroot "$root" systemctl enable exitrd-case.service
# Timers that start by themselves would make runs differ, and are slow under
# emulation.
chroot "$root" systemctl mask apt-daily.timer apt-daily-upgrade.timer \
  dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
  systemd-tmpfiles-clean.timer kexec-load.service getty@tty1.service
chroot "$root" passwd -d root
# /etc/default/kexec of the package would turn every reboot into a kexec.
printf 'LOAD_KEXEC=false\n' >"$root/etc/default/kexec"
chroot "$root" update-initramfs -u -k all
rm -f "$root"/boot/System.map-* "$root"/initrd.img* "$root"/vmlinuz*

# Files that mmdebstrap creates to keep services from starting during the
# installation, and those that it copies from this machine.
rm -f "$root/usr/sbin/policy-rc.d" "$root/etc/resolv.conf"
mv "$root/sbin/start-stop-daemon.REAL" "$root/sbin/start-stop-daemon"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*

# A bind mount shows the tree without the /proc and /sys that mmdebstrap mounted.
mkdir "$out/tree" "$out/boot"
mount --bind "$root" "$out/tree"
cp "$root"/boot/vmlinuz-* "$out/kernel"
mke2fs -q -t ext4 -L exitrd-boot -d "$out/tree/boot" "$out/boot.ext4" 192M
mv "$root"/boot/* "$out/boot/"
mke2fs -q -t ext4 -L exitrd-root -E lazy_itable_init=0 -d "$out/tree" "$out/root.ext4" 1400M
umount "$out/tree"
rm -r "$out/tree" "$out/boot"
