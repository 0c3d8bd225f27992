import { parseMountinfo } from "../kinds/mount/mountinfo.ts";
import type { FileReader } from "../port/loader.ts";
import type { FileMaps, RawDevices } from "../port/record.ts";
import { trySys } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";
import { RECORD_FILE_SIZE, readNonce } from "../teardown/record/slots.ts";
import type { Mount } from "../teardown/snapshot/base.ts";
import { equalBytes } from "../text/bytes.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import {
  decodeFiemap,
  type Extent,
  encodeFiemap,
  findBadExtent,
  findBadInode,
  joinBlocks,
  XFLAG_REALTIME,
} from "./extents.ts";
import type { PlaceProblem } from "./place-problem.ts";
import { type DiskPartition, readPartition } from "./read-partition.ts";

export interface PlacePorts {
  readonly files: FileReader;
  readonly reader: Reader;
  readonly maps: FileMaps;
  readonly rawDevices: RawDevices;
}

/** The part of a partition that holds the record's blocks, proven by reading both. */
export interface FoundPlace {
  readonly partition: DiskPartition;
  /** In bytes from the start of the partition. */
  readonly offset: number;
  readonly nonce: string;
  readonly contents: Uint8Array;
}

/**
 * The mount that a file or directory is on; of several at the same place, the last one is on top.
 */
export function findMountOf(path: string, reader: Reader): Mount | undefined {
  const mounts = parseMountinfo(reader.readText("/proc/self/mountinfo"));
  const above = mounts.filter(
    ({ target }) => target === "/" || path === target || path.startsWith(`${target}/`),
  );
  const longest = above.reduce((length, { target }) => Math.max(length, target.length), 0);
  return above.filter(({ target }) => target.length === longest).at(-1);
}

/** Whether a file on this mount could be a place, apart from its extents. */
export function checkMount(mount: Mount, reader: Reader): Checked<DiskPartition, PlaceProblem> {
  const { fsType, superOptions, dev } = mount;
  if (fsType !== "vfat" && fsType !== "ext4" && fsType !== "xfs") {
    return refuse({ kind: "file-system", fsType });
  }
  if (superOptions.includes("data=journal")) return refuse({ kind: "data-journal" });
  return readPartition(dev, reader);
}

/**
 * Finds the place of a record file's data while its file system is mounted. The data has to be one
 * run of plain blocks, which the file system writes only if the file is written.
 */
export function findPlace(path: string, ports: PlacePorts): Checked<FoundPlace, PlaceProblem> {
  const found = trySys(() => findOrThrow(path, ports));
  return found.ok ? found.value : refuse({ kind: "error", words: found.problem.words });
}

function findOrThrow(path: string, ports: PlacePorts): Checked<FoundPlace, PlaceProblem> {
  const { files, maps, reader } = ports;
  const mount = findMountOf(path, reader);
  if (mount === undefined) return refuse({ kind: "no-partition" });
  const partition = checkMount(mount, reader);
  if (!partition.ok) return partition;
  const kind = files.status(path)?.kind;
  if (kind === undefined) return refuse({ kind: "missing" });
  if (kind !== "file") return refuse({ kind: "foreign" });
  const contents = files.readBytes(path, RECORD_FILE_SIZE);
  const nonce = readNonce(contents);
  if (nonce === undefined) return refuse({ kind: "foreign" });
  const inode = findBadInode(maps.readFlags(path) ?? 0);
  if (inode !== undefined) return refuse({ kind: "inode", word: inode });
  if (((maps.readExtendedFlags(path) ?? 0) & XFLAG_REALTIME) !== 0) {
    return refuse({ kind: "inode", word: "on the realtime device" });
  }
  const extents = readExtents(path, mount.fsType, maps);
  const offset = checkExtents(extents, partition.value);
  if (!offset.ok) return offset;
  const place = { partition: partition.value, offset: offset.value, nonce, contents };
  return isThere(place, ports) ? accept(place) : refuse({ kind: "elsewhere" });
}

/** vfat has no FIEMAP before Linux 7. Its data does not move as long as the file keeps its size. */
function readExtents(path: string, fsType: string, maps: FileMaps): readonly Extent[] {
  if (fsType !== "vfat") {
    return decodeFiemap(maps.readExtents(path, encodeFiemap(RECORD_FILE_SIZE)));
  }
  const { blockSize, blocks } = maps.readBlocks(path, RECORD_FILE_SIZE);
  return joinBlocks(blocks, blockSize);
}

/** Checks the extents; returns the offset of the only one on its partition. */
export function checkExtents(
  extents: readonly Extent[],
  { size, sectorSize }: Pick<DiskPartition, "size" | "sectorSize">,
): Checked<number, PlaceProblem> {
  for (const { flags } of extents) {
    const word = findBadExtent(flags);
    if (word !== undefined) return refuse({ kind: "extent", word });
  }
  const [first, ...more] = mergeExtents(extents);
  if (first === undefined || more.length > 0) return refuse({ kind: "scattered" });
  const { logical, physical, length } = first;
  const isWhole = logical === 0 && length >= RECORD_FILE_SIZE;
  const isInside = physical > 0 && physical + RECORD_FILE_SIZE <= size * 512;
  if (!isWhole || !isInside || physical % sectorSize !== 0) return refuse({ kind: "scattered" });
  return accept(physical);
}

/** Merges extents that are adjacent both in the file and on the device. */
function mergeExtents(extents: readonly Extent[]): readonly Extent[] {
  const merged: Extent[] = [];
  for (const extent of extents) {
    const last = merged.at(-1);
    const isNext =
      last !== undefined &&
      last.logical + last.length === extent.logical &&
      last.physical + last.length === extent.physical;
    if (isNext) merged[merged.length - 1] = { ...last, length: last.length + extent.length };
    else merged.push(extent);
  }
  return merged;
}

/**
 * Whether the device has the file's data there. This is the proof, however the numbers are to be
 * read.
 */
function isThere({ partition, offset, contents }: FoundPlace, { rawDevices }: PlacePorts): boolean {
  return rawDevices.withDevice(devicePath(partition), "read", (device) =>
    equalBytes(device.read(offset, contents.length), contents),
  );
}

export function devicePath({ name }: Pick<DiskPartition, "name">): string {
  return `/dev/${name.replaceAll("!", "/")}`;
}
