import type { BlockDevice } from "../kinds/kinds.ts";
import { findDeviceObserver } from "../kinds/observed.ts";
import { listOrNone } from "../port/best-effort.ts";
import { attempt } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";
import { readLine } from "./read-line.ts";

const SYS_BLOCK = "/sys/class/block";

/**
 * Reads /sys/class/block. Devices of size 0 without a backing (unbound loops) are left out. No driver
 * is asked that may not answer. Throws a `SysError` if the kernel cannot list them: if ENOMEM were
 * taken for "no devices", PID 1 would report that it has released everything.
 */
export function observeDevices(reader: Reader): readonly BlockDevice[] {
  const entries = attempt(() => reader.readDir(SYS_BLOCK), ["ENOENT"]) ?? [];
  return entries.flatMap((entry) => observeDevice(reader, entry) ?? []);
}

function observeDevice(reader: Reader, entry: string): BlockDevice | undefined {
  const dir = `${SYS_BLOCK}/${entry}`;
  const dev = readLine(reader, `${dir}/dev`);
  if (dev === undefined) return undefined;
  const sectors = Number(readLine(reader, `${dir}/size`) ?? "0");
  // The name is only used to save system calls; the directory in sysfs decides.
  const observer = findDeviceObserver(entry);
  const fields = observer?.observe?.(entry, reader) ?? {};
  const isBound = Object.keys(fields).length > 0 || observer?.mute !== undefined;
  if (sectors === 0 && !isBound) return undefined;
  return {
    name: entry.replaceAll("!", "/"),
    dev,
    sectors,
    readOnly: readLine(reader, `${dir}/ro`) === "1",
    slaves: observeSlaves(reader, dir),
    ...observePartition(reader, dir),
    ...fields,
  };
}

function observeSlaves(reader: Reader, dir: string): readonly string[] {
  const names = listOrNone(`${dir}/slaves`, reader);
  return names.map((name) => name.replaceAll("!", "/"));
}

function observePartition(reader: Reader, dir: string): { partitionOf?: string } {
  if (attempt(() => reader.readText(`${dir}/partition`)) === undefined) return {};
  // A partition's directory is inside its disk's: …/block/nvme0n1/nvme0n1p2.
  const parent = attempt(() => reader.readLink(dir))
    ?.split("/")
    .at(-2);
  return parent === undefined ? {} : { partitionOf: parent.replaceAll("!", "/") };
}
