#!/bin/sh
# Makes BusyBox PID 1 of the guest in $1, as small distributions do.
set -eu
root=$1
ln -s /bin/busybox "$root/sbin/init"
# With the lines in the package's documentation.
cat >"$root/etc/inittab" <<'EOF'
::sysinit:/etc/rc.boot
::sysinit:/usr/bin/exitrd load
::once:/usr/bin/exitrd record --begin
::once:/usr/local/sbin/exitrd-case
::shutdown:/usr/bin/timeout 15 /usr/bin/exitrd record --end
::shutdown:/etc/rc.down
::shutdown:/usr/lib/exitrd/inits/busybox
EOF
cat >"$root/etc/rc.boot" <<'EOF'
#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add
udevadm settle
mount /boot
EOF
cat >"$root/etc/rc.down" <<'EOF'
#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
umount /boot
mount -o remount,ro /
EOF
mkdir -p "$root/usr/local/sbin"
cat >"$root/usr/local/sbin/poweroff" <<'EOF'
#!/bin/sh
mkdir -p /run/exitrd && echo poweroff >/run/exitrd/wanted && exec busybox poweroff
EOF
chmod 755 "$root/etc/rc.boot" "$root/etc/rc.down" "$root/usr/local/sbin/poweroff"
