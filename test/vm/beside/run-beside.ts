import { createHash } from "node:crypto";
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { copyDisk, mebibyte } from "../build/disk-layout.ts";
import { sliceReader, withFileReader } from "../inspect/block-reader.ts";
import { readExt4State } from "../inspect/ext4.ts";
import { countInFile } from "../inspect/ram-scan.ts";
import type { Disk } from "../machine/spec.ts";
import { makeRamFolder, makeTemporaryFolder } from "../machine/temporary.ts";
import { bootGuest } from "../zoo/boot-guest.ts";
import { diskSerials, layOut } from "../zoo/lay-out.ts";
import type { Releaser } from "../zoo/measure-mass.ts";
import { listOwnFiles } from "../zoo/own-files.ts";
import type { Row } from "../zoo/row.ts";
import { formatRows } from "../zoo/run-group.ts";
import { provideStorageGuest } from "../zoo/storage-base.ts";
import { provideStandalone } from "./provide-standalone.ts";
import { CUT_SECONDS, type Ended } from "./result.ts";
import { healthyRow } from "./situations.ts";

type Say = (line: string) => void;

// Time for building, until the power is cut, and for a busy host.
const limitSeconds = 420;
// The same as in `healthyRow`.
const key = createHash("sha512").update("exitrd\n").digest();

/** Breaks a machine, has it taken apart by one of the two, and examines its disks and its RAM. */
export async function runBeside(row: Row, releaser: Releaser, say: Say): Promise<Ended> {
  const guest = await provideStorageGuest(say);
  const standalone = await provideStandalone(say);
  const work = makeTemporaryFolder();
  const ramFolder = makeRamFolder();
  const ramFile = join(ramFolder, "ram");
  const name = `beside-${row.name}-${releaser}`.replace(/\W+/g, "-");
  const logs = join(cacheDir("vm", "logs"), name);
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    rmSync(logs, { recursive: true, force: true });
    mkdirSync(logs, { recursive: true });
    const rows = [healthyRow, row];
    const layout = layOut(rows);
    const root = join(work, "root");
    await copyDisk(guest.root, root);
    const disks = layout.map(({ serial, size }, index): Disk => {
      const file = join(work, `${serial}.img`);
      writeFileSync(file, "");
      truncateSync(file, size * mebibyte);
      return { file, bus: index === diskSerials.length - 1 ? "nvme" : "virtio", serial };
    });
    const run = await bootGuest({
      guest,
      root,
      disks,
      init: "zoo.sh",
      texts: {
        ...Object.fromEntries(layout.map((disk) => [`table-${disk.serial}`, disk.table])),
        leaving: `releaser=${releaser}\n`,
        ...formatRows(rows, "zoo-lib.sh", ({ build }) => build),
      },
      files: { ...(await listOwnFiles()), "standalone.tar": standalone },
      folder: logs,
      limitSeconds,
      // Freed memory is overwritten, so that only memory in use can be found.
      extraCommandLine: "init_on_free=1",
      ramFile,
      watch: (text) => {
        if (!text.includes("zoo: pivot")) return;
        timer = setTimeout(() => controller.abort(), CUT_SECONDS * 1000);
      },
      signal: controller.signal,
    });
    if (run.output.includes("broken ")) throw new Error(`'${row.name}' could not be built`);
    const pivot = run.console.find(({ text }) => text.includes("zoo: pivot"));
    if (pivot === undefined) throw new Error(`no pivot in ${logs}/console.log`);
    const halves = { first: key.subarray(0, 32), second: key.subarray(32) };
    const { first = 0, second = 0 } = await countInFile(ramFile, halves);
    return {
      ...(run.ending === "poweroff" ? { seconds: run.seconds - pivot.at } : {}),
      isRootClean: isClean(root, 0),
      // sfdisk(8) starts the first partition here.
      isHealthyClean: isClean(disks[0]?.file ?? "", mebibyte),
      isKeyGone: first + second === 0,
    };
  } finally {
    clearTimeout(timer);
    for (const folder of [ramFolder, work]) rmSync(folder, { recursive: true, force: true });
  }
}

function isClean(file: string, offset: number): boolean {
  return withFileReader(file, (reader) => {
    const state = readExt4State(sliceReader(reader, offset, reader.size - offset));
    return !state.needsRecovery;
  });
}
