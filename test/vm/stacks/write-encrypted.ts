import { createCipheriv } from "node:crypto";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { mebibyte } from "../build/disk-layout.ts";

const sectorSize = 512;

/** A range of bytes whose both ends are multiples of 512. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Where dm-crypt sees a file: `segment` is where its sector 0 is on the disk, in bytes. */
export interface Target {
  readonly disk: string;
  readonly segment: number;
  /** Where in that segment the file begins, in bytes. */
  readonly at: number;
}

/**
 * Writes ranges of a file as dm-crypt would, with aes-xts-plain64 and sectors of 512 bytes (kernel,
 * Documentation/admin-guide/device-mapper/dm-crypt.rst). The host needs no device-mapper.
 */
export function writeEncrypted(
  key: Buffer,
  file: string,
  ranges: readonly Range[],
  { disk, segment, at }: Target,
): void {
  const source = openSync(file, "r");
  const target = openSync(disk, "r+");
  const chunk = Buffer.alloc(mebibyte);
  for (const { from, to } of ranges) {
    for (let offset = from; offset < to; offset += chunk.length) {
      const plain = chunk.subarray(0, Math.min(chunk.length, to - offset));
      readSync(source, plain, 0, plain.length, offset);
      const encrypted = encryptSectors(key, plain, (at + offset) / sectorSize);
      writeSync(target, encrypted, 0, encrypted.length, segment + at + offset);
    }
  }
  closeSync(source);
  closeSync(target);
}

function encryptSectors(key: Buffer, plain: Buffer, first: number): Buffer {
  const encrypted = Buffer.alloc(plain.length);
  const iv = Buffer.alloc(16);
  for (let offset = 0; offset < plain.length; offset += sectorSize) {
    iv.writeUInt32LE(first + offset / sectorSize, 0);
    const cipher = createCipheriv("aes-256-xts", key, iv);
    cipher.update(plain.subarray(offset, offset + sectorSize)).copy(encrypted, offset);
  }
  return encrypted;
}
