# Runs on the host, in a mount namespace of its own, with a folder as $1: has the system in
# root.ext4 and boot.ext4 install the packages in packages/, format the files "luks" and "pv", and
# make an initrd that opens them. It sees no device of the host.
set -eu
cd "$1"
mkdir root
mount -o loop root.ext4 root
mount -o loop boot.ext4 root/boot
mount --bind . root/mnt
mount -t proc proc root/proc
mount -t sysfs -o ro sysfs root/sys
for api in run dev; do mount -t tmpfs "$api" "root/$api"; done
for node in null zero full random urandom; do cp -a "/dev/$node" root/dev/; done
mkdir root/run/lock

pv=$(losetup --find --show pv)
trap 'losetup --detach "$pv"' EXIT
trap 'exit 130' INT TERM
cp -a "$pv" root/dev/
chroot root cryptsetup luksFormat --batch-mode --type luks2 --cipher aes-xts-plain64 \
  --key-size 512 --sector-size 512 --volume-key-file /mnt/volume-key --pbkdf pbkdf2 \
  --pbkdf-force-iterations 1000 --key-file /mnt/passphrase /mnt/luks
# The host may have no device-mapper, so nothing is activated.
for command in "pvcreate $pv" "vgcreate vg $pv" \
  "lvcreate --activate n --wipesignatures n --zero n --yes -L 1400M -n root vg"; do
  chroot root $command -q --driverloaded n
done

mkdir -m 700 -p root/etc/keys
install -m 400 passphrase root/etc/keys/root.key
uuid=$(chroot root cryptsetup luksUUID /mnt/luks)
echo "cryptroot UUID=$uuid /etc/keys/root.key luks,initramfs" >root/etc/crypttab
set -- packages/*.deb
if [ -e "$1" ]; then
  chroot root dpkg -i "/mnt/$1"
else
  chroot root update-initramfs -u -k all
fi
