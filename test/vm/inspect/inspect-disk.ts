import { closeSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../tools/run.ts";
import { bootPartition, mainPartition, mebibyte } from "../build/disk-layout.ts";
import type { Image } from "../stacks/image.ts";
import { type BlockReader, sliceReader, withFileReader } from "./block-reader.ts";
import { type Ext4State, readExt4State } from "./ext4.ts";
import { decryptLuks2 } from "./luks2.ts";
import { openLogicalVolume } from "./lvm.ts";

/** One file system of a disk, as found from outside after the run. */
export interface FileSystemFinding {
  readonly name: string;
  readonly state: Ext4State;
  /** e2fsck -fn found nothing to repair, and no journal to replay. */
  readonly checkedClean: boolean;
  readonly checkOutput: string;
}

/** Inspects every file system on a disk, without mounting and without a machine. */
export async function inspectDisk(
  image: Image,
  disk: string,
  folder: string,
): Promise<readonly FileSystemFinding[]> {
  const boot = await inspectFileSystem("boot", `${disk}?offset=${bootPartition.offset}`);
  const main = `${disk}?offset=${mainPartition.offset}`;
  const root = join(folder, "root.ext4");
  try {
    switch (image.stack) {
      case "ext4":
        return [boot, await inspectFileSystem("root", main)];
      case "loop":
        await run("debugfs", ["-R", `dump /root.img ${root}`, main]);
        return [
          boot,
          await inspectFileSystem("loop host", main),
          await inspectFileSystem("root", root),
        ];
      case "lvm-on-luks":
        extractRoot(image, disk, root);
        return [boot, await inspectFileSystem("root", root)];
    }
  } finally {
    rmSync(root, { force: true });
  }
}

async function inspectFileSystem(name: string, file: string): Promise<FileSystemFinding> {
  const [path = "", offset = "0"] = file.split("?offset=");
  const state = withFileReader(path, (reader) =>
    readExt4State(sliceReader(reader, Number(offset), reader.size - Number(offset))),
  );
  // An exit code of 4 means errors: a finding, not a failure of the tool.
  const script = 'e2fsck -fn "$0" 2>&1 || [ $? = 4 ]';
  const checkOutput = await run("sh", ["-c", script, file]);
  const checkedClean = !/FIXED|Fix\?|Clear\?|skipping journal recovery|WARNING/.test(checkOutput);
  return { name, state, checkedClean, checkOutput };
}

/** Decrypts the root volume of an lvm-on-luks disk into a file. */
export function extractRoot(image: Image, disk: string, file: string): void {
  if (image.volumeKeyFile === undefined) throw new Error(`'${image.stack}' has no volume key`);
  const key = readFileSync(image.volumeKeyFile);
  withFileReader(disk, (reader) => {
    const luks = sliceReader(reader, mainPartition.offset, mainPartition.size);
    copyUsed(openLogicalVolume(decryptLuks2(luks, key), "root"), file);
  });
}

function copyUsed(volume: BlockReader, file: string): void {
  const fd = openSync(file, "w");
  try {
    ftruncateSync(fd, volume.size);
    for (let at = 0; at < volume.size; at += mebibyte) {
      const data = volume.read(at, Math.min(mebibyte, volume.size - at));
      if (!data.equals(zeros.subarray(0, data.length))) writeSync(fd, data, 0, data.length, at);
    }
  } finally {
    closeSync(fd);
  }
}

const zeros = Buffer.alloc(mebibyte);
