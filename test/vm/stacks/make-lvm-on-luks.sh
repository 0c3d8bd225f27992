# Runs in a guest: formats the NVMe disk "target" and copies the system onto it.
set -eux

# udevd has a copy of every mount that it could see, and would keep the volume busy.
if [ -z "${own_mounts:-}" ]; then
  own_mounts=yes exec unshare --mount --propagation private bash "$0"
fi
trap 'systemctl poweroff' EXIT

main=/dev/nvme1n1p2
cryptsetup luksFormat --batch-mode --type luks2 --cipher aes-xts-plain64 \
  --key-size 512 --volume-key-file volume-key --pbkdf pbkdf2 \
  --pbkdf-force-iterations 1000 --key-file passphrase "$main"
cryptsetup open --key-file passphrase "$main" cryptroot
pvcreate -q /dev/mapper/cryptroot
vgcreate -q vg /dev/mapper/cryptroot
lvcreate -q -y -L 1400M -n root vg
e2image -ra /dev/disk/by-id/virtio-source /dev/vg/root

mount /dev/vg/root /mnt
mount /dev/nvme1n1p1 /mnt/boot
for api in dev proc sys run; do mount --rbind "/$api" "/mnt/$api"; done
mkdir -m 700 -p /mnt/etc/keys
install -m 400 passphrase /mnt/etc/keys/root.key
echo "cryptroot UUID=$(blkid -o value -s UUID "$main") /etc/keys/root.key luks,initramfs" \
  >/mnt/etc/crypttab
chroot /mnt update-initramfs -u -k all
umount -R /mnt
vgchange -an vg
cryptsetup close cryptroot
echo "formatted: yes"
