/** Reads from a device; offset and length are multiples of 4 KiB. Fewer bytes at its end. */
type Read = (offset: number, length: number) => Uint8Array;

interface Vfat {
  readonly clusterSize: number;
  /** In bytes, like the following. */
  readonly tableAt: number;
  readonly dataAt: number;
  /** Of FAT12 and FAT16: the root directory has a place of its own. */
  readonly rootAt: number;
  readonly rootSize: number;
  /** Of FAT32: where its root directory begins; 0 for the others. */
  readonly rootCluster: number;
  readonly clusters: number;
  readonly bits: 12 | 16 | 32;
}

const PAGE = 4096;
const ENTRY_SIZE = 32;
/** The largest directory that Linux reads (fs/fat/fat.h, FAT_MAX_DIR_SIZE), in bytes. */
const LARGEST_DIRECTORY = ENTRY_SIZE << 16;
// fs/fat/fat.h
const MOST_CLUSTERS_12 = 0xff4;
const VOLUME = 0x08;
const DIRECTORY = 0x10;
const LONG_NAME = 0x0f;
const LAST_PART = 0x40;
const DELETED = 0xe5;

/**
 * Where the data of a file in the root directory begins, in bytes, as the tables on the device of a
 * vfat have it; undefined unless the file has this size and all of its clusters in a row. For a file
 * system that is not mounted: what a mounted one has in memory is not seen.
 *
 * Microsoft's "FAT: General Overview of On-Disk Format", as fs/fat reads it.
 */
export function findOnVfat(name: string, size: number, read: Read): number | undefined {
  const readAt = (at: number, length: number): DataView => {
    const from = Math.floor(at / PAGE) * PAGE;
    const bytes = read(from, Math.ceil((at + length - from) / PAGE) * PAGE);
    const part = bytes.subarray(at - from, at - from + length);
    return new DataView(part.buffer, part.byteOffset, part.byteLength);
  };
  const vfat = parseHead(readAt(0, 512));
  if (vfat === undefined) return undefined;
  const first = findFile(name, size, listRoot(vfat, readAt));
  if (first === undefined) return undefined;
  const count = Math.ceil(size / vfat.clusterSize);
  for (let nth = 0; nth < count; nth += 1) {
    const next = readTable(first + nth, vfat, readAt);
    const isLast = nth === count - 1;
    if (isLast ? next !== "end" : next !== first + nth + 1) return undefined;
  }
  return clusterAt(first, vfat);
}

type ReadAt = (at: number, length: number) => DataView;

function parseHead(head: DataView): Vfat | undefined {
  if (head.byteLength < 512 || head.getUint16(510, true) !== 0xaa55) return undefined;
  const sector = head.getUint16(11, true);
  const perCluster = head.getUint8(13);
  const reserved = head.getUint16(14, true);
  const rootSize = head.getUint16(17, true) * ENTRY_SIZE;
  const total = head.getUint16(19, true) || head.getUint32(32, true);
  const small = head.getUint16(22, true);
  const tables = head.getUint8(16) * (small || head.getUint32(36, true));
  const isSane = isPowerOfTwo(sector) && sector >= 512 && sector <= PAGE;
  if (!isSane || !isPowerOfTwo(perCluster) || reserved === 0 || tables === 0) return undefined;
  const rootSectors = Math.ceil(rootSize / sector);
  const clusters = Math.floor((total - reserved - tables - rootSectors) / perCluster);
  const bits = small === 0 ? 32 : clusters > MOST_CLUSTERS_12 ? 16 : 12;
  return {
    ...{ clusters, bits, rootSize, clusterSize: perCluster * sector },
    tableAt: reserved * sector,
    rootAt: (reserved + tables) * sector,
    dataAt: (reserved + tables + rootSectors) * sector,
    rootCluster: bits === 32 ? head.getUint32(44, true) : 0,
  };
}

function isPowerOfTwo(number: number): boolean {
  return number > 0 && (number & (number - 1)) === 0;
}

function clusterAt(cluster: number, { dataAt, clusterSize }: Vfat): number {
  return dataAt + (cluster - 2) * clusterSize;
}

/** The cluster that follows another one; undefined if that is free, bad, or none at all. */
function readTable(
  cluster: number,
  { tableAt, bits, clusters }: Vfat,
  readAt: ReadAt,
): number | "end" | undefined {
  if (cluster < 2 || cluster >= clusters + 2) return undefined;
  const view = readAt(tableAt + Math.floor((cluster * bits) / 8), bits === 32 ? 4 : 2);
  if (view.byteLength < (bits === 32 ? 4 : 2)) return undefined;
  const next = parseEntry(view, cluster, bits);
  if (next >= 2 ** Math.min(bits, 28) - 8) return "end";
  return next < 2 || next >= clusters + 2 ? undefined : next;
}

function parseEntry(view: DataView, cluster: number, bits: Vfat["bits"]): number {
  // The upper four bits are reserved.
  if (bits === 32) return view.getUint32(0, true) & 0x0fff_ffff;
  const word = view.getUint16(0, true);
  if (bits === 16) return word;
  return cluster % 2 === 0 ? word & 0xfff : word >> 4;
}

/** The entries of the root directory, up to its end. */
function* listRoot(vfat: Vfat, readAt: ReadAt): Generator<DataView> {
  const { rootCluster, rootAt, rootSize, clusterSize } = vfat;
  if (rootCluster === 0) return yield* splitEntries(readAt(rootAt, rootSize));
  let cluster: number | "end" | undefined = rootCluster;
  for (let done = 0; done < LARGEST_DIRECTORY && typeof cluster === "number"; done += clusterSize) {
    yield* splitEntries(readAt(clusterAt(cluster, vfat), clusterSize));
    cluster = readTable(cluster, vfat, readAt);
  }
}

function* splitEntries({ buffer, byteOffset, byteLength }: DataView): Generator<DataView> {
  for (let at = 0; at + ENTRY_SIZE <= byteLength; at += ENTRY_SIZE) {
    yield new DataView(buffer, byteOffset + at, ENTRY_SIZE);
  }
}

/** The first cluster of a file with a long name, whose parts come before its entry, the last first. */
function findFile(name: string, size: number, entries: Iterable<DataView>): number | undefined {
  let long = "";
  let sum = -1;
  for (const entry of entries) {
    const begin = entry.getUint8(0);
    if (begin === 0) return undefined;
    const attributes = entry.getUint8(11);
    if (begin !== DELETED && attributes === LONG_NAME) {
      const isNew = (begin & LAST_PART) !== 0 || sum !== entry.getUint8(13);
      long = readPart(entry) + (isNew ? "" : long);
      sum = entry.getUint8(13);
      continue;
    }
    const isFile = begin !== DELETED && (attributes & (VOLUME | DIRECTORY)) === 0;
    if (isFile && long === name && sum === sumName(entry)) {
      const isWhole = entry.getUint32(28, true) === size;
      return isWhole ? entry.getUint16(20, true) * 2 ** 16 + entry.getUint16(26, true) : undefined;
    }
    long = "";
    sum = -1;
  }
  return undefined;
}

/** Thirteen UTF-16 units in three pieces; a shorter name ends with 0. */
function readPart(entry: DataView): string {
  let text = "";
  for (const [from, count] of [
    [1, 5],
    [14, 6],
    [28, 2],
  ] as const) {
    for (let i = 0; i < count; i += 1) {
      const unit = entry.getUint16(from + 2 * i, true);
      if (unit === 0) return text;
      text += String.fromCharCode(unit);
    }
  }
  return text;
}

/** By which the parts of a long name say which short one they belong to. */
function sumName(entry: DataView): number {
  let sum = 0;
  for (let i = 0; i < 11; i += 1) sum = (((sum & 1) << 7) + (sum >> 1) + entry.getUint8(i)) & 0xff;
  return sum;
}
