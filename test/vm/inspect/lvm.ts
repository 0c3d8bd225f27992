import type { BlockReader } from "./block-reader.ts";
import { type LvmSection, parseLvmText, readNumber, readSection } from "./lvm-text.ts";

const sectorSize = 512;
const mdaHeaderSize = 512;

/** Reads the metadata text of a physical volume. Source: lvm2's lib/format_text/layout.h. */
export function readLvmMetadata(pv: BlockReader): LvmSection {
  const label = findLabel(pv);
  // After label (32 bytes) and PV id (32) and size (8): data areas, then metadata areas.
  const header = label.subarray(label.readUInt32LE(20) + 40);
  const metadataList = skipList(header, 0);
  const mda = Number(header.readBigUInt64LE(metadataList));
  const mdaHeader = pv.read(mda, mdaHeaderSize);
  if (mdaHeader.toString("latin1", 4, 20) !== " LVM2 x[5A%r0N*>") {
    throw new Error("no LVM metadata header");
  }
  const areaSize = Number(mdaHeader.readBigUInt64LE(32));
  const offset = Number(mdaHeader.readBigUInt64LE(40));
  const size = Number(mdaHeader.readBigUInt64LE(48));
  // The area is a ring buffer after its first sector, which is the header.
  const head = pv.read(mda + offset, Math.min(size, areaSize - offset));
  const tail = pv.read(mda + mdaHeaderSize, size - head.length);
  return parseLvmText(Buffer.concat([head, tail]).toString("utf8").replace(/\0.*$/s, ""));
}

function findLabel(pv: BlockReader): Buffer {
  for (let sector = 0; sector < 4; sector++) {
    const data = pv.read(sector * sectorSize, sectorSize);
    if (data.toString("latin1", 0, 8) === "LABELONE") return data;
  }
  throw new Error("no LVM label");
}

function skipList(header: Buffer, from: number): number {
  let at = from;
  while (header.readBigUInt64LE(at) !== 0n) at += 16;
  return at + 16;
}

interface Extent {
  readonly logical: number;
  readonly physical: number;
  readonly length: number;
}

/** The bytes of a linear logical volume on its only physical volume. */
export function openLogicalVolume(pv: BlockReader, name: string): BlockReader {
  const group = Object.values(readLvmMetadata(pv)).find(
    (value): value is LvmSection => typeof value === "object" && "logical_volumes" in value,
  );
  if (group === undefined) throw new Error("no volume group");
  const extents = listExtents(group, name);
  const size = extents.reduce((sum, extent) => sum + extent.length, 0);
  return { size, read: (offset, length) => readExtents(pv, extents, offset, length) };
}

function listExtents(group: LvmSection, name: string): readonly Extent[] {
  const extentSize = readNumber(group, "extent_size") * sectorSize;
  const peStart =
    readNumber(readSection(readSection(group, "physical_volumes"), "pv0"), "pe_start") * sectorSize;
  const volume = readSection(readSection(group, "logical_volumes"), name);
  const extents: Extent[] = [];
  for (let number = 1; number <= readNumber(volume, "segment_count"); number++) {
    const segment = readSection(volume, `segment${number}`);
    const stripes = segment.stripes;
    if (!Array.isArray(stripes) || stripes.length !== 2 || stripes[0] !== "pv0") {
      throw new Error(`'${name}' is not linear on one physical volume`);
    }
    extents.push({
      logical: readNumber(segment, "start_extent") * extentSize,
      physical: peStart + (stripes[1] as number) * extentSize,
      length: readNumber(segment, "extent_count") * extentSize,
    });
  }
  return extents;
}

function readExtents(
  pv: BlockReader,
  extents: readonly Extent[],
  offset: number,
  length: number,
): Buffer {
  const parts: Buffer[] = [];
  let at = offset;
  while (at < offset + length) {
    const extent = extents.find((one) => at >= one.logical && at < one.logical + one.length);
    if (extent === undefined) throw new Error(`no extent holds byte ${at}`);
    const into = at - extent.logical;
    const count = Math.min(offset + length - at, extent.length - into);
    parts.push(pv.read(extent.physical + into, count));
    at += count;
  }
  return Buffer.concat(parts);
}
