import { randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Base } from "../build/base.ts";
import { extractBootFiles } from "../build/boot-files.ts";
import { bootPartition, copyDisk, makeDisk, writePartition } from "../build/disk-layout.ts";
import { runScript } from "../machine/run-script.ts";
import type { Accel } from "../machine/spec.ts";
import { makeTemporaryFolder } from "../machine/temporary.ts";
import type { Image } from "./image.ts";

const limitSeconds = 900;

/**
 * Root on LVM on LUKS2, opened at boot with a key file in the initrd.
 *
 * Formatted in a machine that runs the plain ext4 image, because the host may not have the
 * device-mapper. The volume key is chosen by us, so that it can be searched for.
 */
export async function makeLvmOnLuks(
  base: Base,
  folder: string,
  builder: Image,
  accel: Accel,
): Promise<void> {
  const volumeKey = join(folder, "volume-key");
  const passphrase = join(folder, "passphrase");
  writeFileSync(volumeKey, randomBytes(64));
  writeFileSync(passphrase, randomBytes(24).toString("base64"));

  const disk = join(folder, "disk.img");
  makeDisk(disk);
  await writePartition(disk, bootPartition, base.boot);

  const work = makeTemporaryFolder();
  const builderDisk = join(work, "builder.img");
  await copyDisk(builder.disk, builderDisk);
  const run = await runScript({
    image: { ...builder, disk: builderDisk },
    script: readFileSync(join(import.meta.dirname, "make-lvm-on-luks.sh"), "utf8"),
    files: { "volume-key": volumeKey, passphrase },
    extraDisks: [
      { file: disk, bus: "nvme", serial: "target" },
      { file: base.root, bus: "virtio", serial: "source", readOnly: true },
    ],
    folder: work,
    limitSeconds,
    accel,
  });
  if (run.ending !== "poweroff" || !run.output.includes("formatted: yes")) {
    throw new Error(`cannot format 'lvm-on-luks' (${run.ending}):\n${run.output}`);
  }
  await extractBootFiles(disk, folder);
  rmSync(work, { recursive: true });
}
