import { join } from "node:path";
import type { Base } from "../build/base.ts";
import { extractBootFiles } from "../build/boot-files.ts";
import { bootPartition, mainPartition, makeDisk, writePartition } from "../build/disk-layout.ts";

/** Root on a plain ext4 partition. The host writes all of it, without a machine. */
export async function makeExt4(base: Base, folder: string): Promise<void> {
  const disk = join(folder, "disk.img");
  makeDisk(disk);
  await writePartition(disk, bootPartition, base.boot);
  await writePartition(disk, mainPartition, base.root);
  await extractBootFiles(disk, folder);
}
