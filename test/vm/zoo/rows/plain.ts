import type { Row } from "../row.ts";

// Usually three on an idle machine. The shortest wait for a hanging step is twenty.
const WELL_SECONDS = 20;

/** Healthy storage next to broken storage. */
export const wellRow: Row = {
  name: "well",
  parts: [32],
  build: `dmsetup create zoo-well --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-well
`,
  steps: ["dm remove 'zoo-well'"],
  withinSeconds: WELL_SECONDS,
  inspect: "good_ext4 $d1\n",
};

/** One of each kind that is released through a device node. */
export const plainRows: readonly Row[] = [
  wellRow,
  {
    name: "loop",
    build: `truncate -s 32M /zoo/image
device=$(losetup --find --show /zoo/image)
ext4_with_data $device
`,
    steps: ["loop detach 'loop"],
    inspect: "true\n",
  },
  {
    name: "mirror",
    parts: [32, 32],
    build: `modprobe raid1
mdadm --create /dev/md/plain --run --level=1 --raid-devices=2 --metadata=1.2 --assume-clean $d1 $d2
ext4_with_data /dev/md/plain
`,
    steps: ["md stop 'md"],
    inspect: "clean_md $d1\nclean_md $d2\n",
  },
  {
    name: "swap",
    parts: [32],
    build: "mkswap $d1\nswapon $d1\n",
    steps: ["swapoff '"],
    inspect: "true\n",
  },
];
