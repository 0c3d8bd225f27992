import { createDecipheriv } from "node:crypto";
import type { BlockReader } from "./block-reader.ts";

/** The position of the only encrypted segment of a LUKS2 device. */
export interface Luks2Segment {
  readonly offset: number;
  readonly sectorSize: number;
  readonly encryption: string;
}

const magic = Buffer.from("LUKS\xba\xbe", "latin1");
const jsonOffset = 4096;

interface SegmentJson {
  readonly type: string;
  readonly offset: string;
  readonly encryption: string;
  readonly sector_size: number;
  readonly iv_tweak: string;
}

/** Reads a LUKS2 header. Source: the LUKS2 On-Disk Format Specification, chapters 2 and 3. */
export function parseLuks2(reader: BlockReader): Luks2Segment {
  const header = reader.read(0, jsonOffset);
  if (!header.subarray(0, 6).equals(magic)) throw new Error("no LUKS header");
  if (header.readUInt16BE(6) !== 2) throw new Error("LUKS, but not version 2");
  const area = reader.read(jsonOffset, Number(header.readBigUInt64BE(8)) - jsonOffset);
  const text = area.subarray(0, area.indexOf(0)).toString("utf8");
  const json = JSON.parse(text) as { segments: Record<string, SegmentJson> };
  const segments = Object.values(json.segments);
  const [segment] = segments;
  if (segment === undefined || segments.length > 1 || segment.type !== "crypt") {
    throw new Error("expected one segment, of type 'crypt'");
  }
  if (segment.iv_tweak !== "0") throw new Error(`unexpected iv_tweak ${segment.iv_tweak}`);
  return {
    offset: Number(segment.offset),
    sectorSize: segment.sector_size,
    encryption: segment.encryption,
  };
}

const ivUnit = 512;

/** Reads the plain text of a LUKS2 device with its volume key. Reads must be aligned to sectors. */
export function decryptLuks2(reader: BlockReader, volumeKey: Buffer): BlockReader {
  const segment = parseLuks2(reader);
  if (segment.encryption !== "aes-xts-plain64") {
    throw new Error(`cannot decrypt '${segment.encryption}'`);
  }
  const { sectorSize } = segment;
  const zeros = Buffer.alloc(sectorSize);
  return {
    size: reader.size - segment.offset,
    read: (offset, length) => {
      const first = Math.floor(offset / sectorSize) * sectorSize;
      const end = Math.ceil((offset + length) / sectorSize) * sectorSize;
      const data = reader.read(segment.offset + first, end - first);
      const plain = Buffer.allocUnsafe(data.length);
      for (let at = 0; at < data.length; at += sectorSize) {
        const sector = data.subarray(at, at + sectorSize);
        // Never written, so it is a hole of the image: cipher text does not consist of zeros.
        if (sector.equals(zeros)) zeros.copy(plain, at);
        else decryptSector(sector, volumeKey, (first + at) / ivUnit).copy(plain, at);
      }
      return plain.subarray(offset - first, offset - first + length);
    },
  };
}

function decryptSector(data: Buffer, key: Buffer, sector: number): Buffer {
  const iv = Buffer.alloc(16);
  iv.writeBigUInt64LE(BigInt(sector));
  return createDecipheriv("aes-256-xts", key, iv).update(data);
}
