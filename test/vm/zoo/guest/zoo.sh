# PID 1 of the zoo: builds the rows, then pivots into the exitrd as systemd 252
# does, without releasing anything.
. ./common.sh
echo on >/proc/sys/kernel/printk_devkmsg

partition() {
  sfdisk -q --no-tell-kernel "$1" <"table-$2"
  blockdev --rereadpt "$1"
}
each_disk partition
link_partitions

for row in rows/*.sh; do
  name=$(basename "$row" .sh)
  name=${name#*-}
  echo "build $name at $(cut -d ' ' -f 1 /proc/uptime)"
  timeout 180 bash -e "$row" </dev/null || echo "broken $name"
done
echo "built at $(cut -d ' ' -f 1 /proc/uptime)"
. ./leaving
. ./leave.sh
