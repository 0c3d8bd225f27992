# Installs the exitrd and makes it PID 1, as systemd 252 does.

# systemd-shutdown with its libraries, as Debian bug 778849 proposes: this system's, or the given
# one.
copy_systemd_shutdown() {
  mount -t tmpfs tmpfs /run/initramfs
  if [ -e standalone.tar ]; then
    tar -x -C /run/initramfs -f standalone.tar
    return
  fi
  cd /run/initramfs
  mkdir -p dev sys proc run oldroot etc
  touch etc/initrd-release
  cp /lib/systemd/systemd-shutdown shutdown
  ldd shutdown | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p ".$(dirname "$library")"
    cp -L "$library" ".$library"
  done
}

mkdir -p /run/initramfs
if [ "$releaser" = systemd-shutdown ]; then
  copy_systemd_shutdown
else
  ./exitrd load --image exitrd.img || exec sleep 1
fi
cd /run/initramfs
mount --make-rprivate /
mount --bind . .
cd /run/initramfs
for api in ${apis-dev sys proc run}; do mount --bind "/$api" "$api"; done
# systemd 254 and later passes it on with all mounts in it.
if mountpoint -q /sys/fs/cgroup && mountpoint -q sys; then mount --bind /sys/fs/cgroup sys/fs/cgroup; fi
exec </dev/console >/dev/console 2>&1
echo "<6>zoo: pivot" >/dev/kmsg
pivot_root . oldroot
cd /
if [ -n "${at_last-}" ]; then $at_last; fi
exec /shutdown ${verb-poweroff} --timeout=90000000us --log-level=6 --log-target=kmsg
