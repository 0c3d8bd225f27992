import type { BcacheState } from "../kinds/bcache/model.ts";
import type { BlockDevice } from "../kinds/kinds.ts";
import type { LoopState } from "../kinds/loop/model.ts";
import { observeMd } from "../kinds/md/observe.ts";
import type { NbdState } from "../kinds/nbd/model.ts";
import type { ZramState } from "../kinds/zram/model.ts";
import type { Reader } from "../port/reader.ts";
import { attempt, isSysError } from "../port/sys-error.ts";
import { parseDecimal } from "../text/dev.ts";
import { isDm } from "./dm.ts";
import { readLine } from "./read-line.ts";

const SYS_BLOCK = "/sys/class/block";

/**
 * Reads /sys/class/block. Devices of size 0 with nothing behind them (unbound loops) are left out.
 * Nothing here asks a driver that may not answer: `ask-device.ts` adds what that takes. Throws a
 * `SysError` where the kernel cannot list them.
 */
export function observeDevices(reader: Reader): readonly BlockDevice[] {
  const entries = listEntries(reader);
  const devices: BlockDevice[] = [];
  for (const entry of entries) {
    const device = observeDevice(reader, entry);
    if (device !== undefined) devices.push(device);
  }
  return devices;
}

/** No memory (ENOMEM) is not no devices: PID 1 would report that it has released everything. */
function listEntries(reader: Reader): readonly string[] {
  try {
    return reader.readDir(SYS_BLOCK);
  } catch (thrown) {
    if (isSysError(thrown) && thrown.code === "ENOENT") return [];
    throw thrown;
  }
}

function observeDevice(reader: Reader, entry: string): BlockDevice | undefined {
  const dir = `${SYS_BLOCK}/${entry}`;
  const name = entry.replaceAll("!", "/");
  const dev = readLine(reader, `${dir}/dev`);
  if (dev === undefined) return undefined;
  const sectors = Number(readLine(reader, `${dir}/size`) ?? "0");
  const kind = observeKind(reader, dir, entry);
  if (sectors === 0 && !isDm(entry) && kind.md === undefined) return undefined;
  return {
    name,
    dev,
    sectors,
    readOnly: readLine(reader, `${dir}/ro`) === "1",
    slaves: observeSlaves(reader, dir),
    ...observePartition(reader, dir),
    ...kind,
  };
}

type Kind = Pick<BlockDevice, "loop" | "md" | "zram" | "bcache" | "nbd">;

function observeKind(reader: Reader, dir: string, entry: string): Kind {
  // The first letters only save system calls: what decides is the directory in sysfs.
  if (entry.startsWith("loop")) return { ...observeLoop(reader, dir) };
  if (entry.startsWith("zram")) return { ...observeZram(reader, dir) };
  if (entry.startsWith("bcache")) return { ...observeBcache(reader, dir) };
  if (entry.startsWith("nbd")) return { ...observeNbd(reader, dir) };
  if (entry.startsWith("md")) return { ...observeMd(reader, entry) };
  return {};
}

function observeLoop(reader: Reader, dir: string): { loop?: LoopState } {
  const backingFile = readLine(reader, `${dir}/loop/backing_file`);
  if (backingFile === undefined) return {};
  return { loop: { backingFile, autoclear: readLine(reader, `${dir}/loop/autoclear`) === "1" } };
}

function observeZram(reader: Reader, dir: string): { zram?: ZramState } {
  if (readLine(reader, `${dir}/disksize`) === undefined) return {};
  // A kernel without CONFIG_ZRAM_WRITEBACK has no such file.
  return { zram: { backingDevice: readLine(reader, `${dir}/backing_dev`) ?? "none" } };
}

function observeBcache(reader: Reader, dir: string): { bcache?: BcacheState } {
  const hasState = attempt(() => reader.readDir(`${dir}/bcache`))?.includes("state") === true;
  // …/block/sdb/bcache: the directory is the cached device's. A volume that
  // lies in the cache alone has no state, and goes with its set.
  const backing = attempt(() => reader.readLink(`${dir}/bcache`))
    ?.split("/")
    .at(-2);
  if (!hasState || backing === undefined) return {};
  const set = attempt(() => reader.readLink(`${dir}/bcache/cache`))
    ?.split("/")
    .at(-1);
  const name = backing.replaceAll("!", "/");
  return { bcache: { state: "", backing: name, ...(set === undefined ? {} : { set }) } };
}

function observeNbd(reader: Reader, dir: string): { nbd?: NbdState } {
  const pid = parseDecimal(readLine(reader, `${dir}/pid`) ?? "");
  return pid === undefined ? {} : { nbd: { pid } };
}

function observeSlaves(reader: Reader, dir: string): readonly string[] {
  const names = attempt(() => reader.readDir(`${dir}/slaves`)) ?? [];
  return names.map((name) => name.replaceAll("!", "/"));
}

function observePartition(reader: Reader, dir: string): { partitionOf?: string } {
  if (attempt(() => reader.readText(`${dir}/partition`)) === undefined) return {};
  // A partition's directory lies in its disk's: …/block/nvme0n1/nvme0n1p2.
  const parent = attempt(() => reader.readLink(dir))
    ?.split("/")
    .at(-2);
  return parent === undefined ? {} : { partitionOf: parent.replaceAll("!", "/") };
}
