import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { copyDisk } from "../build/disk-layout.ts";
import type { Disk, MachineRun } from "../machine/spec.ts";
import { makeTemporaryFolder } from "../machine/temporary.ts";
import { bootGuest } from "./boot-guest.ts";
import type { Group } from "./group.ts";
import { fileName, formatHeader, layOut, type ZooDisk } from "./lay-out.ts";
import { listOwnFiles } from "./own-files.ts";
import type { Row } from "./row.ts";
import { provideStorageGuest } from "./storage-base.ts";

type Say = (line: string) => void;

/** The output of the two machines of a group. */
export interface GroupFinding {
  readonly zoo: MachineRun;
  readonly inspector: MachineRun;
}

const limitSeconds = 900;
const builtLine = "built at ";

/**
 * Builds all rows in one guest, shuts it down or cuts its power, and inspects the disks in another
 * guest.
 */
export async function runGroup(group: Group, say: Say): Promise<GroupFinding> {
  const guest = await provideStorageGuest(say, group.guest);
  const work = makeTemporaryFolder();
  const logs = join(cacheDir("vm", "logs"), group.name.replace(/\W+/g, "-"));
  try {
    rmSync(logs, { recursive: true, force: true });
    mkdirSync(logs, { recursive: true });
    const layout = layOut(group.rows);
    const mayFail = group.cues !== undefined;
    const disks = layout.map((disk, index) => ({
      ...makeDisk(disk, index, layout.length, work),
      ...(mayFail && index < layout.length - 1 ? { mayFail } : {}),
    }));
    const tables = Object.fromEntries(layout.map((disk) => [`table-${disk.serial}`, disk.table]));
    const common = { guest, disks, limitSeconds, cues: group.cues ?? [] };
    const roots = [join(work, "zoo-root"), join(work, "inspector-root")] as const;
    for (const root of roots) await copyDisk(guest.root, root);
    const zoo = await bootGuest({
      ...common,
      root: roots[0],
      init: "zoo.sh",
      texts: {
        ...tables,
        leaving: group.leaving ?? "",
        ...formatRows(group.rows, "zoo-lib.sh", (row) => row.build),
      },
      files: await listOwnFiles(),
      folder: join(logs, "zoo"),
      ...(group.isControl ? { cutAt: builtLine } : {}),
    });
    const inspector = await bootGuest({
      ...common,
      root: roots[1],
      init: "inspector.sh",
      texts: {
        ...tables,
        ...formatRows(group.rows, "inspector-lib.sh", (row) => row.inspect),
        sums: zoo.output
          .split("\n")
          .filter((line) => line.startsWith("sum "))
          .join("\n"),
      },
      folder: join(logs, "inspector"),
    });
    return { zoo, inspector };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function makeDisk(disk: ZooDisk, index: number, count: number, folder: string): Disk {
  const file = join(folder, `${disk.serial}.img`);
  writeFileSync(file, "");
  truncateSync(file, disk.size * 1024 * 1024);
  return { file, bus: index === count - 1 ? "nvme" : "virtio", serial: disk.serial };
}

/** One script per row, numbered so that they run in the order of the table. */
export function formatRows(
  rows: readonly Row[],
  library: string,
  body: (row: Row) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    rows.map((row, index) => [
      `rows/${String(index).padStart(2, "0")}-${fileName(row)}.sh`,
      formatHeader(row, index, library) + body(row),
    ]),
  );
}
