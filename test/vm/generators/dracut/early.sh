#!/bin/sh
# Runs on the host, called by mmdebstrap with the new root as $1, before the
# kernel is installed, whose scripts run dracut.
set -eu
root=$1

mkdir -p "$root/etc/dracut.conf.d" "$root/usr/local/sbin"
cp "$(dirname "$0")/dracut.conf" "$root/etc/dracut.conf.d/exitrd-vm.conf"
# The scripts that build a stack call update-initramfs, which dracut has since
# version 109. If that is installed, this file is removed first.
cat >"$root/usr/local/sbin/update-initramfs" <<'END'
#!/bin/sh
for modules in /lib/modules/*; do
	dracut --force "/boot/initrd.img-${modules##*/}" "${modules##*/}"
done
END
chmod 755 "$root/usr/local/sbin/update-initramfs"
