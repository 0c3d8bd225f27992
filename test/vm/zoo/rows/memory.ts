import type { Row } from "../row.ts";
import { wellRow } from "./plain.ts";

/** Nothing is left to work in but what the kernel gives back under pressure. */
export const memoryRows: readonly Row[] = [
  wellRow,
  {
    name: "memory is full",
    build: `mount -t tmpfs -o size=100% tmpfs $at
sync
available=$(sed -n 's/^MemAvailable: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo)
head -c $(((available - 16384) * 1024)) /dev/zero >$at/full
grep MemAvailable /proc/meminfo
`,
    inspect: "true\n",
  },
];
