import { copyFileSync, mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RECORD_PARTITION_TYPE } from "../../../src/record/gpt.ts";
import { cacheDir } from "../../../tools/cache.ts";
import { run as runProgram } from "../../../tools/run.ts";
import { extractBootFiles } from "../build/boot-files.ts";
import { copyDisk, mebibyte, writePartition } from "../build/disk-layout.ts";
import { provideSuite } from "../build/suites.ts";
import { locateCaseFiles } from "../case-files.ts";
import { checkConsole, checkEnding, checkFileSystems, checkOutput } from "../check-case.ts";
import { inspectDisk } from "../inspect/inspect-disk.ts";
import type { JobReport } from "../job.ts";
import { provideAccel } from "../machine/provide-accel.ts";
import { runScript } from "../machine/run-script.ts";
import type { Disk, MachineRun } from "../machine/spec.ts";
import { makeTemporaryFolder } from "../machine/temporary.ts";
import type { Image } from "../stacks/image.ts";
import { provideInstalled } from "../stacks/provide-installed.ts";
import { plainFirmware } from "../uki/provide-firmware.ts";
import type { Story } from "./story.ts";

const limitSeconds = 600;
const badDiskSize = 64 * mebibyte;
const espOffset = mebibyte;
const espSize = 34 * mebibyte;
const sector = 512;

/**
 * Boots one machine several times. After each clean boot, e2fsck must accept the file system with
 * the record.
 */
export async function runStory(
  story: Story,
  deb: string | undefined,
  say: (line: string) => void,
): Promise<JobReport> {
  if (deb === undefined) throw new Error("no package in dist/: run 'npm run package' first");
  const image = await provideInstalled(story.stack, "bookworm", deb, say);
  const accel = await provideAccel(await provideSuite("bookworm", say));
  const logs = join(cacheDir("vm", "logs"), story.name.replace(/\W+/g, "-"));
  rmSync(logs, { recursive: true, force: true });
  const work = makeTemporaryFolder();
  const disk = join(work, "disk.img");
  const failures: string[] = [];
  const facts: string[] = [];
  let run: MachineRun | undefined;
  try {
    await copyDisk(image.disk, disk);
    const extraDisks = await makeDisks(story, work);
    const firmware = { ...plainFirmware, variables: join(work, "variables") };
    if (story.hasFirmware) copyFileSync(plainFirmware.variables, firmware.variables);
    let bootFiles: Pick<Image, "kernel" | "initrd"> = image;
    for (const [index, boot] of story.boots.entries()) {
      const folder = join(logs, String(index + 1));
      mkdirSync(folder, { recursive: true });
      if (story.startsOwnInitrd) {
        await extractBootFiles(disk, work);
        bootFiles = { kernel: join(work, "kernel"), initrd: join(work, "initrd") };
      }
      const ran = await runScript({
        ...{
          image: { ...image, ...bootFiles, disk },
          script: boot.script,
          files: await locateCaseFiles(boot.files ?? []),
          extraDisks,
          folder,
          limitSeconds,
          accel,
        },
        ...(story.hasFirmware ? { firmware } : {}),
        ...(story.hasBmc ? { hasBmc: true } : {}),
        ...(story.extraCommandLine === undefined
          ? {}
          : { extraCommandLine: story.extraCommandLine }),
        ...(story.hasWatchdog ? { hasWatchdog: true } : {}),
        ...(story.hasErst ? { erstFile: join(work, "erst") } : {}),
        ...(boot.cutAt === undefined ? {} : { cutAt: boot.cutAt }),
        ...(boot.cues === undefined ? {} : { cues: boot.cues }),
      });
      run = ran;
      facts.push(`boot ${index + 1} ended by ${ran.ending} after ${ran.seconds.toFixed(1)} s`);
      const mayBeDirty = story.boots.slice(0, index).some(({ crashes }) => crashes === true);
      const isOrderly = ran.ending !== "cut" && boot.crashes !== true;
      const found = isOrderly ? await inspectDisk(image, disk, folder) : [];
      // The root may be held; the file system with the record must not be.
      const kept = found.filter(({ name }) => name === "boot");
      const wrong = [
        ...checkEnding(boot, { run: ran }),
        ...checkFileSystems("clean", kept),
        ...(story.hasEsp && isOrderly
          ? await checkEsp(join(work, "esp.img"), folder, mayBeDirty)
          : []),
        ...checkConsole(boot, { run: ran }),
        ...checkOutput(boot, { run: ran }),
      ];
      failures.push(...wrong.map((failure) => `boot ${index + 1}: ${failure}`));
      if (wrong.length > 0) break;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  if (run === undefined) throw new Error("a story without a boot");
  return { failures, facts, run };
}

async function makeDisks(story: Story, work: string): Promise<readonly Disk[]> {
  const disks: Disk[] = [];
  if (story.hasBadDisk) {
    const file = join(work, "bad.img");
    writeFileSync(file, "");
    truncateSync(file, badDiskSize);
    disks.push({ file, bus: "virtio", serial: "bad", mayFail: true });
  }
  if (story.hasEsp) {
    const file = join(work, "esp.img");
    await makeEspDisk(file);
    disks.push({ file, bus: "virtio", serial: "esp" });
  }
  return disks;
}

/** A disk with an EFI system partition, and a partition for the record. */
export async function makeEspDisk(file: string): Promise<void> {
  writeFileSync(file, "");
  truncateSync(file, 2 * espOffset + espSize + espOffset);
  const script = [
    "label: gpt",
    `start=${espOffset / sector}, size=${espSize / sector}, type=uefi`,
    `start=${(espOffset + espSize) / sector}, size=${espOffset / sector}, type=${RECORD_PARTITION_TYPE}`,
  ].join("\n");
  await runProgram("sh", ["-c", `printf '${script}\n' | sfdisk -q "$0"`, file]);
  const esp = `${file}.esp`;
  await runProgram("mkfs.vfat", ["-C", "-F", "16", esp, String(espSize / 1024)]);
  await writePartition(file, { offset: espOffset, size: espSize }, esp);
}

/**
 * The complaints of fsck.vfat about the EFI system partition; empty if there are none. After a crash
 * it is dirty for ever: the kernel clears only a mark that it has set itself (fs/fat/inode.c).
 */
async function checkEsp(
  file: string,
  folder: string,
  mayBeDirty: boolean,
): Promise<readonly string[]> {
  const esp = join(folder, "esp.vfat");
  try {
    const count = espSize / mebibyte;
    const copy = `dd if="$0" of="$1" bs=1M skip=${espOffset / mebibyte} count=${count} status=none`;
    const said = await runProgram("sh", [
      "-c",
      `${copy} && fsck.vfat -n "$1" 2>&1 || true`,
      file,
      esp,
    ]);
    const rest = mayBeDirty ? said.replace(/^Dirty bit is set\. .*$|^.* dirty bit\.$/gm, "") : said;
    const isClean = /exitrd|files/.test(rest) && !/Dirty|differ|corrupt|error/i.test(rest);
    return isClean ? [] : [`fsck.vfat is not content with the ESP:\n${said}`];
  } finally {
    rmSync(esp, { force: true });
  }
}
