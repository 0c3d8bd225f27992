#!/bin/sh
# Makes s6-svscan PID 1 of the guest in $1, with scripts where s6-linux-init has them.
set -eu
root=$1
scripts=$root/etc/s6-linux-init/current/scripts
mkdir -p "$scripts" "$root/usr/local/sbin"
cat >"$root/sbin/init" <<'EOF'
#!/bin/sh
PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
mkdir -p /run/service/.s6-svscan
printf '#!/bin/sh\nbusybox poweroff -f\n' >/run/service/.s6-svscan/finish
chmod 755 /run/service/.s6-svscan/finish
/etc/s6-linux-init/current/scripts/rc.init &
exec s6-svscan -t0 /run/service </dev/console >/dev/console 2>&1
EOF
cat >"$scripts/rc.init" <<'EOF'
#!/bin/sh
/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add
udevadm settle
mount /boot
if [ -x /usr/bin/exitrd ]; then
  exitrd load
  timeout 30 exitrd record --begin
fi
exec /usr/local/sbin/exitrd-case
EOF
cat >"$scripts/rc.shutdown.final" <<'EOF'
#!/bin/sh
umount /boot
mount -o remount,ro /
EOF
# Its last lines are those that the package has for it.
cat "$(dirname "$0")/../../../integration/s6/rc.shutdown.final" >>"$scripts/rc.shutdown.final"
cat >"$root/usr/local/sbin/poweroff" <<'EOF'
#!/bin/sh
# The part that s6-linux-init-shutdownd plays, and rc.shutdown.
case ${0##*/} in reboot) verb=r ;; *) verb=p ;; esac
mkdir -p /run/service/s6-linux-init-shutdownd
cat >'/run/service/s6-linux-init-shutdownd/stage 4' <<END
#!/command/execlineb -P
foreground { tryexec { /etc/s6-linux-init/current/scripts/rc.shutdown.final } }
s6-linux-init-hpr -f -$verb
END
exec </dev/null >/dev/console 2>&1
timeout 15 exitrd record --end
trap '' TERM
kill -TERM -1
sleep 1
/etc/s6-linux-init/current/scripts/rc.shutdown.final
[ $verb = p ] || exec busybox reboot -f
exec busybox poweroff -f
EOF
ln -s poweroff "$root/usr/local/sbin/reboot"
chmod 755 "$root/sbin/init" "$scripts"/* "$root/usr/local/sbin/poweroff"
