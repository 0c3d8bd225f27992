#!/bin/sh
# Runs on the host, by mmdebstrap, with the new root as $1.
set -eu
root=$1

# The initrd only finds the root: an inspector whose initrd assembled arrays
# would change what it inspects.
for hook in mdadm lvm2 cryptroot cryptgnupg cryptopensc cryptkeyctl cryptpasswd btrfs bcache \
  dmsetup thin-provisioning-tools multipath kpartx ntfs_3g iscsi exitrd-loop-root; do
  rm -f "$root/usr/share/initramfs-tools/hooks/$hook"
done

# PID 1 of these guests: unpacks the disk "case" and executes the script in it.
cat >"$root/sbin/zoo-init" <<'EOF'
#!/bin/bash
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
exec </dev/console >/dev/ttyS1 2>&1
mount -o remount,exec,size=50% /run
for case in /sys/class/block/*/serial; do
  [ "$(cat "$case")" = case ] && disk=$(basename "$(dirname "$case")")
done
mkdir /run/case
tar -x -C /run/case -f "/dev/$disk"
cd /run/case
exec bash init.sh
EOF
chmod 755 "$root/sbin/zoo-init"
