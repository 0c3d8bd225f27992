#!/bin/sh
# Like ../guest/customize.sh, for a guest without systemd: runs on the host, called by
# mmdebstrap with the new root as $1, the files of this folder in $2 and the folder for the file
# systems as $3.
set -eu
root=$1 files=$2 out=$3

cp -r "$files/../../guest/files/." "$root/"
rm -r "$root/etc/systemd/system/exitrd-case.service"
cp -r "$files/." "$root/"

# Each init's own way to run a program once the machine is up.
if [ -e "$root/etc/inittab" ]; then
  echo 'ec:2345:once:/usr/local/sbin/exitrd-case' >>"$root/etc/inittab"
fi
if [ -d "$root/etc/runit/runsvdir/default" ]; then
  mkdir -p "$root/etc/sv/exitrd-case"
  printf '#!/bin/sh\n/usr/local/sbin/exitrd-case\nexec sleep 1000\n' >"$root/etc/sv/exitrd-case/run"
  chmod 755 "$root/etc/sv/exitrd-case/run"
  ln -s /etc/sv/exitrd-case "$root/etc/runit/runsvdir/default/"
fi
if [ -d "$root/etc/finit.d" ]; then
  echo 'task [2345] /usr/local/sbin/exitrd-case -- Case' >"$root/etc/finit.d/exitrd-case.conf"
fi

chroot "$root" passwd -d root
# /etc/default/kexec of the package would turn every reboot into a kexec.
printf 'LOAD_KEXEC=false\n' >"$root/etc/default/kexec"
chroot "$root" update-initramfs -u -k all
rm -f "$root"/boot/System.map-* "$root"/initrd.img* "$root"/vmlinuz*

# Files that mmdebstrap creates to keep services from starting during the installation, and
# those that it copies from this machine.
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
