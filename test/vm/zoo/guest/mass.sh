# PID 1 of a zoo of one kind: $count linear devices, each with a mounted ext4.
. ./common.sh
. ./settings
echo on >/proc/sys/kernel/printk_devkmsg
modprobe -a nvme virtio_blk dm_mod ext4
disk=/dev/nvme0n1
table=
for ((n = 0; n < count; n++)); do
  table="$table;mass-$n,,,rw,0 $sectors linear $disk $((n * sectors))"
done
dmsetup create --concise "${table#;}"
for ((n = 0; n < count; n++)); do
  mkdir "/zoo/$n"
  mount -t ext4 "/dev/mapper/mass-$n" "/zoo/$n"
  echo "$n" >"/zoo/$n/file"
done
echo "built at $(cut -d ' ' -f 1 /proc/uptime)"
. ./leave.sh
