#!/bin/sh
# Runs on the host, called by mmdebstrap with the new root as $1, before the
# kernel is installed: what differs from the amd64 guest.
set -eu
root=$1

unit=$root/etc/systemd/system/exitrd-case.service.d
mkdir -p "$unit" "$root/usr/share/initramfs-tools/modules.d"
cat >"$unit/output.conf" <<'END'
[Service]
StandardOutput=file:/dev/ttyS0
StandardError=file:/dev/ttyS0
END
echo aes_ce_blk >"$root/usr/share/initramfs-tools/modules.d/exitrd-vm"
# Each initrd that the packages make is emulated, file by file: a short list of
# modules from the beginning.
mkdir -p "$root/etc/initramfs-tools/conf.d"
cp "$(dirname "$0")/../guest/files/etc/initramfs-tools/conf.d/exitrd-vm" \
  "$root/etc/initramfs-tools/conf.d/"
