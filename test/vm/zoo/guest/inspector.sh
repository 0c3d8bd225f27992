# PID 1 of the inspector: examines what the zoo left, row by row.
. ./common.sh
link_partitions

for row in rows/*.sh; do
  name=$(basename "$row" .sh)
  name=${name#*-}
  if timeout 180 bash -e "$row" >/tmp/out 2>&1 </dev/null; then
    echo "good $name"
  else
    echo "bad $name: $(tail -n 4 /tmp/out | tr '\n' ' ')"
  fi
done
echo "inspected at $(cut -d ' ' -f 1 /proc/uptime)"
mkfifo /run/never
echo o >/proc/sysrq-trigger
# After the disk is gone, no program can be executed.
read -r -t 60 <>/run/never
