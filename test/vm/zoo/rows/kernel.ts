import type { Row } from "../row.ts";

/** What holds a file or a device although no process has it open. */
export const kernelRows: readonly Row[] = [
  {
    name: "process in a frozen group",
    parts: [32],
    build: `ext4_with_data $d1
mkdir /run/ice
mount -t cgroup -o freezer freezer /run/ice
mkdir -p /run/ice/outer/inner
(cd $at && exec setsid sleep 1000000 </dev/null >/dev/null 2>&1) &
pid=$!
until grep -qx sleep /proc/$pid/comm; do sleep 0.1; done
echo $pid >/run/ice/outer/inner/cgroup.procs
echo FROZEN >/run/ice/outer/freezer.state
until grep -qx FROZEN /run/ice/outer/inner/freezer.state; do sleep 0.1; done
`,
    steps: ["umount '/oldroot/zoo/process-in-a-frozen-group'"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "loop on an empty file",
    parts: [48],
    build: `ext4_with_data $d1
: >$at/empty
losetup -f $at/empty
losetup -f -o 1G $at/data
`,
    steps: ["loop detach 'loop"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "uprobe events of a program",
    parts: [32],
    build: `ext4_with_data $d1
cp -L /bin/sleep $at/probed
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
echo "p:zoo/probe $at/probed:0x1000" >/sys/kernel/tracing/uprobe_events
echo "r:zoo/enabled $at/probed:0x2000" >>/sys/kernel/tracing/uprobe_events
echo 1 >/sys/kernel/tracing/events/zoo/enabled/enable
! umount $at
`,
    steps: ["umount '/oldroot/zoo/uprobe-events-of-a-program'"],
    inspect: "good_ext4 $d1\n",
  },
];
