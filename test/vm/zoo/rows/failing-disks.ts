import { failWrites, pullDisk } from "../../machine/arguments.ts";
import type { Cue } from "../../machine/spec.ts";
import type { Row } from "../row.ts";
import { wellRow } from "./plain.ts";

const lost = "NOT ALL OF ITS DATA COULD BE WRITTEN";

/** Each on a disk of its own. The first two disks fail while there is dirty data for them. */
export const failingDiskRows: readonly Row[] = [
  {
    name: "writes fail",
    parts: [32],
    build: `dmsetup create zoo-bad --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-bad
echo "zoo0 goes bad"
sleep 1
`,
    steps: ["dm remove 'zoo-bad'"],
    console: [lost, "nothing left; "],
    // The drive fails the very last flush, too.
    failing: /cannot flush 'vd[a-z]': not all of its data could be written, ignoring$/,
    inspect: "true\n",
  },
  {
    name: "pulled out",
    parts: [32],
    build: `dmsetup create zoo-gone --table "0 $(sectors $d1) linear $d1 0"
ext4_with_data /dev/mapper/zoo-gone
echo "zoo1 is taken out"
while [ -e /sys/class/block/\${d1#/dev/} ]; do sleep 0.1; done
`,
    steps: ["dm remove 'zoo-gone'"],
    console: [lost],
    inspect: "true\n",
  },
  wellRow,
];

export const failingDiskCues: readonly Cue[] = [
  { text: "zoo0 goes bad", command: failWrites("zoo0") },
  { text: "zoo1 is taken out", command: pullDisk("zoo1") },
];
