import { linkSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../tools/run.ts";
import type { Base } from "../build/base.ts";
import { extractBootFiles } from "../build/boot-files.ts";
import {
  bootPartition,
  mainPartition,
  makeDisk,
  mebibyte,
  writePartition,
} from "../build/disk-layout.ts";

/** Root in an image file on another ext4, which the initrd leaves mounted below /run. */
export async function makeLoop(base: Base, folder: string): Promise<void> {
  const tree = join(folder, "tree");
  const outer = join(folder, "outer.ext4");
  mkdirSync(tree);
  linkSync(base.root, join(tree, "root.img"));
  const size = `${mainPartition.size / mebibyte}M`;
  await run("mke2fs", ["-q", "-t", "ext4", "-L", "loop-host", "-d", tree, outer, size]);
  const disk = join(folder, "disk.img");
  makeDisk(disk);
  await writePartition(disk, bootPartition, base.boot);
  await writePartition(disk, mainPartition, outer);
  await extractBootFiles(disk, folder);
  rmSync(tree, { recursive: true });
  rmSync(outer);
}
