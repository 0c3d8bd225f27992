import { writeU64 } from "../../text/struct-bytes.ts";

/** A partition to be written; its data are multiples of the alignment. */
export interface NewPartition {
  /** Lower case, as UUIDs are written. */
  readonly type: string;
  /** 16 bytes, in the order on the disk. */
  readonly uuid: Uint8Array;
  /** ASCII, at most 36 characters. */
  readonly name: string;
  readonly data: Uint8Array;
}

export const alignment = 4096;

const sector = 512;
const entrySize = 128;
const entryCount = 128;
const tableSectors = (entrySize * entryCount) / sector;
// A protective MBR, the header, the table.
const firstUsable = 2 + tableSectors;
const readOnlyFlag = 1 << 28;

/**
 * Writes a disk image with a GUID Partition Table (UEFI, chapter 5), a backup table at the end, and
 * the partitions in order.
 */
export function writeDiskImage(
  partitions: readonly NewPartition[],
  diskUuid: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const start = Math.ceil((firstUsable * sector) / alignment) * alignment;
  const end = partitions.reduce((sum, { data }) => sum + data.length, start);
  const sectors = end / sector + tableSectors + 1;
  const image = new Uint8Array(sectors * sector);
  const table = new Uint8Array(entrySize * entryCount);
  let at = start;
  partitions.forEach((partition, i) => {
    image.set(partition.data, at);
    writeEntry(table.subarray(i * entrySize, (i + 1) * entrySize), partition, at / sector);
    at += partition.data.length;
  });
  const last = sectors - 1;
  const copyAt = last - tableSectors;
  const usable = { first: firstUsable, last: copyAt - 1 };
  writeProtectiveMbr(image, sectors);
  image.set(makeHeader({ at: 1, copy: last, table: 2 }, usable, diskUuid, table), sector);
  image.set(table, 2 * sector);
  image.set(table, copyAt * sector);
  image.set(
    makeHeader({ at: last, copy: 1, table: copyAt }, usable, diskUuid, table),
    last * sector,
  );
  return image;
}

/** One partition of type 0xee over the whole disk, for programs that do not know GPT. */
function writeProtectiveMbr(image: Uint8Array, sectors: number): void {
  const view = new DataView(image.buffer);
  image[446 + 4] = 0xee;
  // The largest address that the cylinder/head/sector fields can hold.
  image.set([0, 2, 0], 446 + 1);
  image.set([0xff, 0xff, 0xff], 446 + 5);
  view.setUint32(446 + 8, 1, true);
  view.setUint32(446 + 12, Math.min(sectors - 1, 0xffffffff), true);
  image.set([0x55, 0xaa], 510);
}

function writeEntry(entry: Uint8Array, partition: NewPartition, first: number): void {
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
  entry.set(packUuid(partition.type), 0);
  entry.set(partition.uuid, 16);
  writeU64(view, 32, first);
  writeU64(view, 40, first + partition.data.length / sector - 1);
  view.setUint32(52, readOnlyFlag, true);
  for (let i = 0; i < partition.name.length; i++) {
    view.setUint16(56 + 2 * i, partition.name.charCodeAt(i), true);
  }
}

interface Places {
  readonly at: number;
  readonly copy: number;
  readonly table: number;
}

function makeHeader(
  { at, copy, table: tableAt }: Places,
  usable: { readonly first: number; readonly last: number },
  diskUuid: Uint8Array,
  table: Uint8Array,
): Uint8Array {
  const header = new Uint8Array(92);
  const view = new DataView(header.buffer);
  header.set([..."EFI PART"].map((char) => char.charCodeAt(0)));
  view.setUint32(8, 0x00010000, true);
  view.setUint32(12, header.length, true);
  writeU64(view, 24, at);
  writeU64(view, 32, copy);
  writeU64(view, 40, usable.first);
  writeU64(view, 48, usable.last);
  header.set(diskUuid, 56);
  writeU64(view, 72, tableAt);
  view.setUint32(80, entryCount, true);
  view.setUint32(84, entrySize, true);
  view.setUint32(88, crc32(table), true);
  view.setUint32(16, crc32(header), true);
  return header;
}

/** The first three parts are little-endian numbers. */
function packUuid(text: string): Uint8Array {
  const digits = text.replaceAll("-", "");
  const bytes = Array.from({ length: 16 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return Uint8Array.from(order.map((i) => bytes[i] ?? 0));
}

/** ISO 3309. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
