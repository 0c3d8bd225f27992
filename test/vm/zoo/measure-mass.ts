import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { run } from "../../../tools/run.ts";
import { copyDisk } from "../build/disk-layout.ts";
import { makeTemporaryFolder } from "../machine/temporary.ts";
import { readStamp } from "../measure-pivot.ts";
import { bootGuest } from "./boot-guest.ts";
import { listOwnFiles } from "./own-files.ts";
import { provideStorageGuest } from "./storage-base.ts";

export type Releaser = "exitrd" | "systemd-shutdown";

const mebibyte = 1024 * 1024;
const fileSystemMiB = 4;
const sectorSize = 512;
const limitSeconds = 600;

/**
 * Seconds from the pivot to reboot(2) of a machine with `count` mounts of ext4 with cached data,
 * each on a device-mapper device of its own.
 */
export async function measureMass(
  count: number,
  releaser: Releaser,
  say: (line: string) => void,
): Promise<number> {
  const guest = await provideStorageGuest(say);
  const work = makeTemporaryFolder();
  const logs = join(cacheDir("vm", "logs"), `mass-${count}-${releaser}`);
  try {
    rmSync(logs, { recursive: true, force: true });
    mkdirSync(logs, { recursive: true });
    const root = join(work, "root");
    await copyDisk(guest.root, root);
    const { console, ending } = await bootGuest({
      guest,
      root,
      disks: [{ file: await makeDisk(count, work), bus: "nvme", serial: "mass" }],
      init: "mass.sh",
      texts: {
        settings: `count=${count}\nreleaser=${releaser}\nsectors=${(fileSystemMiB * mebibyte) / sectorSize}\n`,
      },
      files: await listOwnFiles(),
      folder: logs,
      limitSeconds,
    });
    const from = console.find((line) => line.text.includes("zoo: pivot"));
    const to = console.find((line) => line.text.includes("reboot: Power down"));
    const seconds = (readStamp(to) ?? Number.NaN) - (readStamp(from) ?? Number.NaN);
    if (ending !== "poweroff" || Number.isNaN(seconds)) {
      throw new Error(`the machine ended by ${ending}: see ${logs}/console.log`);
    }
    return seconds;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The same small file system for all. */
async function makeDisk(count: number, folder: string): Promise<string> {
  const one = join(folder, "one.ext4");
  const disk = join(folder, "mass.img");
  const options = ["-q", "-t", "ext4", "-b", "1024", "-O", "^resize_inode", "-J", "size=1"];
  await run("mke2fs", [...options, one, `${fileSystemMiB}M`]);
  const bytes = readFileSync(one);
  const fd = openSync(disk, "w");
  for (let index = 0; index < count; index++) {
    writeSync(fd, bytes, 0, bytes.length, index * bytes.length);
  }
  closeSync(fd);
  truncateSync(disk, count * bytes.length);
  return disk;
}
