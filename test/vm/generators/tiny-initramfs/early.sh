#!/bin/sh
# Runs on the host, called by mmdebstrap with the new root as $1, before the
# kernel is installed, whose scripts run mktirfs.
set -eu
root=$1

mkdir -p "$root/etc/tiny-initramfs" "$root/usr/local/sbin"
# While Debian is being installed, there is no disk to detect modules for.
cat >"$root/etc/tiny-initramfs/tiny-initramfs.conf" <<'END'
AUTO_MODULES=no
MICROCODE=no
INCLUDE_MODULES=nvme,crc32c_generic,ext4
END
# As in ../dracut/early.sh.
printf '#!/bin/sh\nexec update-tirfs\n' >"$root/usr/local/sbin/update-initramfs"
chmod 755 "$root/usr/local/sbin/update-initramfs"
