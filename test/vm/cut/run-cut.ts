import {
  closeSync,
  mkdirSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { copyDisk } from "../build/disk-layout.ts";
import { type BlockReader, withFileReader } from "../inspect/block-reader.ts";
import type { Disk, MachineRun } from "../machine/spec.ts";
import { makeTemporaryFolder } from "../machine/temporary.ts";
import { bootGuest } from "../zoo/boot-guest.ts";
import { listOwnFiles } from "../zoo/own-files.ts";
import { provideStorageGuest } from "../zoo/storage-base.ts";
import { chooseMoments, type LoggedWrite, listSurvivors, readWriteLog } from "./write-log.ts";

type Say = (line: string) => void;

/** Moments of the teardown at which the power is cut. */
export const MOMENTS = 10;
/** The stacks that cut.sh builds. */
export const CACHES = ["writecache", "cache", "bcache"] as const;

const DISK_MIB = 400;
const mebibyte = 1024 * 1024;
const limitSeconds = 600;
// Written by cut.sh when the teardown begins.
const MARK = "exitrd: the teardown begins";

export interface CutFinding {
  readonly zoo: MachineRun;
  readonly inspector: MachineRun;
  /** The number of requests to the disk during the teardown, and before it. */
  readonly writes: number;
  readonly writesBefore: number;
}

/**
 * Takes a machine with write-back caches apart, while all requests to its disk are logged. Makes a
 * disk for each of several moments of the log, and has another machine assemble the caches on each.
 * The last disk is from before the data was written.
 */
export async function runCut(say: Say): Promise<CutFinding> {
  const guest = await provideStorageGuest(say);
  const work = makeTemporaryFolder();
  const logs = join(cacheDir("vm", "logs"), "cut");
  try {
    rmSync(logs, { recursive: true, force: true });
    mkdirSync(logs, { recursive: true });
    const roots = [join(work, "zoo-root"), join(work, "inspector-root")] as const;
    for (const root of roots) await copyDisk(guest.root, root);
    const writeLog = makeFile(join(work, "writes.log"), 0);
    const file = makeFile(join(work, "disk.img"), DISK_MIB);
    const zoo = await bootGuest({
      guest,
      root: roots[0],
      disks: [{ file, bus: "virtio", serial: "caches", writeLog }],
      init: "cut.sh",
      texts: {},
      files: await listOwnFiles(),
      folder: join(logs, "zoo"),
      limitSeconds,
    });
    const made = withFileReader(writeLog, (log) => makeDisks(log, work));
    say(`${made.writes} requests during the teardown`);
    const sums = zoo.output.split("\n").filter((line) => line.startsWith("sum "));
    const inspector = await bootGuest({
      guest,
      root: roots[1],
      disks: made.disks,
      init: "cut-inspector.sh",
      texts: { sums: `${sums.join("\n")}\n` },
      folder: join(logs, "inspector"),
      limitSeconds,
    });
    return { zoo, inspector, writes: made.writes, writesBefore: made.writesBefore };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

interface Made {
  readonly disks: readonly Disk[];
  readonly writes: number;
  readonly writesBefore: number;
}

function makeDisks(log: BlockReader, folder: string): Made {
  const writes = readWriteLog(log);
  const begun =
    1 +
    writes.findIndex(({ length, dataAt, isDiscard }) => {
      if (isDiscard || length < MARK.length) return false;
      return log.read(dataAt, MARK.length).toString("latin1") === MARK;
    });
  if (begun === 0) throw new Error("the log does not show when the teardown began");
  const moments = [...chooseMoments(begun, writes.length, MOMENTS), Math.floor(begun / 2)];
  const disks = moments.map((count, index): Disk => {
    const serial = `cut${String(index).padStart(2, "0")}`;
    const file = makeFile(join(folder, `${serial}.img`), DISK_MIB);
    // Every second disk has lost all of its cache, the others half of it.
    const keeps = (write: number): boolean => index % 2 === 0 && write % 2 === 0;
    replay(log, listSurvivors(writes, count, keeps), file);
    return { file, bus: "virtio", serial };
  });
  return { disks, writes: writes.length - begun, writesBefore: begun };
}

function replay(log: BlockReader, writes: readonly LoggedWrite[], file: string): void {
  const fd = openSync(file, "r+");
  try {
    for (const { offset, length, isDiscard, dataAt } of writes) {
      const data = isDiscard ? Buffer.alloc(length) : log.read(dataAt, length);
      writeSync(fd, data, 0, length, offset);
    }
  } finally {
    closeSync(fd);
  }
}

function makeFile(file: string, mebibytes: number): string {
  writeFileSync(file, "");
  truncateSync(file, mebibytes * mebibyte);
  return file;
}

/** One sentence for each acknowledged write that is lost. */
export function judgeCut({ zoo, inspector, writes }: CutFinding): readonly string[] {
  const lines = inspector.output.split("\n");
  const isGood = (cache: string, moment: number): boolean =>
    lines.includes(`good ${cache} cut${String(moment).padStart(2, "0")}`);
  const moments = Array.from({ length: MOMENTS }, (_, index) => index);
  const bad = CACHES.flatMap((cache) =>
    moments
      .filter((moment) => !isGood(cache, moment))
      .map((moment) => {
        const start = `bad ${cache} cut${String(moment).padStart(2, "0")}: `;
        const reason = lines.find((line) => line.startsWith(start))?.slice(start.length);
        return `${cache}, cut at moment ${moment + 1}: ${reason ?? "not inspected"}`;
      }),
  );
  const isEmpty = zoo.console.some(({ text }) => /nothing left; poweroff/.test(text));
  return [
    ...(zoo.ending === "poweroff" && isEmpty ? [] : [`the zoo ended by ${zoo.ending}`]),
    ...(writes >= MOMENTS ? [] : [`only ${writes} requests during the teardown`]),
    ...bad,
    // The control: half of the requests before the data was written.
    ...(CACHES.some((cache) => !isGood(cache, MOMENTS))
      ? []
      : ["a disk from before the data was written has it"]),
  ];
}
