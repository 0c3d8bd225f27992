# PID 1 of one machine, again and again: each boot is shut down by a kexec into the next. Where its
# record may be kept changes from boot to boot. At the last, something holds the root.
. ./common.sh
. ./settings
echo on >/proc/sys/kernel/printk_devkmsg
modprobe -a virtio_blk vfat nls_cp437 nls_ascii
mount -t efivarfs efivarfs /sys/firmware/efi/efivars
mkdir -p /boot/efi
for disk in /sys/block/vd*; do
  [ "$(cat "$disk/serial")" != esp ] || mount -t vfat "/dev/${disk##*/}1" /boot/efi
done

# An initrd that only mounts the root: Debian's takes half of the time of a boot.
make_initrd() {
  local tree=/initrd-tree program
  mkdir -p $tree/dev $tree/proc $tree/sys $tree/run $tree/root
  for program in bash insmod mount switch_root; do
    program=$(command -v $program)
    cp --parents -L "$program" $(ldd "$program" | grep -o '/[^ ]*') $tree
  done
  local modules
  modules=$(for name in virtio_pci virtio_blk ext4; do modprobe --show-depends $name; done |
    sed -n 's/^insmod //p')
  cp --parents $modules $tree
  cat >$tree/init <<EOF
#!$(command -v bash)
export PATH=$PATH
for api in devtmpfs:dev proc:proc sysfs:sys tmpfs:run; do mount -t \${api%:*} none /\${api#*:}; done
for module in $(echo $modules); do insmod \$module; done
until mount -t ext4 /dev/vda /root; do read -r -t 0.1 <>/dev/tty0; done
exec switch_root /root /sbin/zoo-init
EOF
  chmod 755 $tree/init
  (cd $tree && find . | cpio --quiet -o -H newc) >/initrd
}

hold_root() {
  modprobe -a loop dm_delay
  truncate -s 1M /hold.img
  dmsetup create hold --table "0 2048 delay $(losetup --find --show /hold.img) 0 10000000"
  bash -c 'cd /root; exec dd if=/dev/mapper/hold of=/dev/null bs=4k count=1 iflag=direct' &
  sleep 1
}

[ -e /initrd ] || make_initrd
echo x >>/boots
boot=$(wc -l </boots)
store=${stores[boot % ${#stores[@]}]}
if [ "$boot" -gt "$clean_boots" ]; then
  store=efivar
  hold_root
else
  verb=kexec
  kexec -s -l kernel --initrd=/initrd --reuse-cmdline
fi
printf '[Exitrd]\nRecord=%s\n' "$store" >/etc/exitrd.conf
./exitrd record --begin
./exitrd record --end
echo "boot $boot keeps its record in $store"
echo "<6>many: $store" >/dev/kmsg
. ./leave.sh
