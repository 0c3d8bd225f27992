import type { Row } from "../row.ts";
import { wellRow } from "./plain.ts";

/** Only memory that the kernel can reclaim is left. */
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
