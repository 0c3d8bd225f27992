import type { Row } from "../row.ts";
import { wellRow } from "./plain.ts";

// The program must not be on the file system that it holds.
const crowd = `count() { ls /proc | grep -c '^[0-9]'; }
[ -e /run/crowd ] || install -m 755 crowd /run/crowd
`;

/** Many processes that must be killed, each group on its own file system. */
export const crowdRows: readonly Row[] = [
  {
    name: "process without its first thread",
    parts: [32],
    build: `${crowd}ext4_with_data $d1
cd $at
setsid /run/crowd headless </dev/null >/dev/null 2>&1 &
until grep -q '^State:.Z' /proc/$!/status; do sleep 0.1; done
`,
    steps: ["umount '/oldroot/zoo/process-without-its-first-thread'"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "5,000 stopped processes",
    parts: [32],
    build: `${crowd}ext4_with_data $d1
cd $at
setsid /run/crowd stopped 5000 </dev/null >/dev/null 2>&1 &
while [ "$(count)" -lt 5000 ]; do sleep 0.5; done
`,
    steps: ["umount '/oldroot/zoo/5-000-stopped-processes'"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "fork bomb",
    parts: [32],
    build: `${crowd}ext4_with_data $d1
cd $at
before=$(count)
setsid setpriv --reuid=65534 --regid=65534 --clear-groups \\
  bash -c "ulimit -u 800; exec /run/crowd bomb" </dev/null >/dev/null 2>&1 &
while [ "$(count)" -lt $((before + 700)) ]; do sleep 0.5; done
`,
    steps: ["umount '/oldroot/zoo/fork-bomb'"],
    inspect: "good_ext4 $d1\n",
  },
];

/** Processes use up all pids, beginning shortly before PID 1 starts. */
export const roomlessRows: readonly Row[] = [
  {
    name: "every process number is taken",
    parts: [32],
    build: `${crowd}ext4_with_data $d1
cd $at
mkfifo /run/cue /run/never
setsid /run/crowd cued /run/cue </dev/null >/dev/null 2>&1 &
`,
    console: [
      "exitrd: killing all processes: cannot start a child process",
      "nothing left; poweroff",
    ],
    expectedLeft: "the first children cannot be started",
    inspect: "good_ext4 $d1\n",
  },
];

/**
 * Processes that cannot be killed because their disk does not answer. Nothing else may wait for
 * them.
 */
export const unkillableRows: readonly Row[] = [
  {
    name: "disk that hangs",
    parts: [32],
    build: `modprobe dm-delay
dmsetup create zoo-slow --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-slow
dmsetup suspend --nolockfs --noflush zoo-slow
dmsetup load zoo-slow --table "0 $(sectors $d1) delay $d1 0 600000"
dmsetup resume zoo-slow
setsid dd if=/dev/mapper/zoo-slow of=/dev/null bs=4k count=1 iflag=direct </dev/null >/dev/null 2>&1 &
sleep 0.5
`,
    console: ["exitrd: cannot kill 'dd' (", "hangs': no answer within", "is held by dd["],
    expectedLeft: "its disk does not answer",
    inspect: "true\n",
  },
  wellRow,
];
