import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "../../../tools/run.ts";
import type { Base } from "../build/base.ts";
import { extractBootFiles } from "../build/boot-files.ts";
import {
  bootPartition,
  copyDisk,
  mainPartition,
  makeDisk,
  mebibyte,
  writePartition,
} from "../build/disk-layout.ts";
import { makeTemporaryFolder } from "../machine/temporary.ts";
import { readUsedRanges } from "./read-used-ranges.ts";
import { writeEncrypted } from "./write-encrypted.ts";

// Where LUKS2 puts the data, and LVM its first extent.
const luksHeader = 16 * mebibyte;
const lvmHeader = mebibyte;

/**
 * Root on LVM on LUKS2, opened at boot with a key file in the initrd, with further packages if
 * wanted. The host writes all of it, without a machine and without the device-mapper. The volume
 * key is chosen by us, so that it can be searched for.
 */
export async function makeLvmOnLuks(
  base: Base,
  folder: string,
  packages: readonly string[] = [],
): Promise<void> {
  const work = makeTemporaryFolder();
  const inWork = (name: string) => join(work, name);
  const volumeKey = randomBytes(64);
  writeFileSync(join(folder, "volume-key"), volumeKey);
  writeFileSync(join(folder, "passphrase"), randomBytes(24).toString("base64"));
  for (const name of ["volume-key", "passphrase"]) copyFileSync(join(folder, name), inWork(name));
  await copyDisk(base.root, inWork("root.ext4"));
  await copyDisk(base.boot, inWork("boot.ext4"));
  makeEmpty(inWork("luks"), mainPartition.size);
  makeEmpty(inWork("pv"), mainPartition.size - luksHeader);
  mkdirSync(inWork("packages"));
  for (const one of packages) copyFileSync(one, join(work, "packages", basename(one)));
  const script = join(import.meta.dirname, "make-lvm-on-luks.sh");
  await run("unshare", ["--mount", "--propagation", "private", "sh", script, work]);

  const disk = join(folder, "disk.img");
  makeDisk(disk);
  await writePartition(disk, bootPartition, inWork("boot.ext4"));
  await writePartition(disk, mainPartition, inWork("luks"));
  const target = { disk, segment: mainPartition.offset + luksHeader };
  writeEncrypted(volumeKey, inWork("pv"), [{ from: 0, to: lvmHeader }], { ...target, at: 0 });
  const root = inWork("root.ext4");
  writeEncrypted(volumeKey, root, await readUsedRanges(root), { ...target, at: lvmHeader });
  await extractBootFiles(disk, folder);
  rmSync(work, { recursive: true });
}

function makeEmpty(file: string, size: number): void {
  writeFileSync(file, "");
  truncateSync(file, size);
}
