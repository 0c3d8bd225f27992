import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { run } from "../../../tools/run.ts";

export const mebibyte = 1024 * 1024;

export interface Partition {
  readonly offset: number;
  readonly size: number;
}

/** Every disk has the same two partitions, so that tools need not search for them. */
export const bootPartition: Partition = { offset: 1 * mebibyte, size: 192 * mebibyte };
export const mainPartition: Partition = { offset: 200 * mebibyte, size: 1500 * mebibyte };

const sectorSize = 512;
const partitionTypeLinux = 0x83;

/** Formats a master boot record: partitions only, no boot code. */
export function formatMbr(partitions: readonly Partition[]): Buffer {
  const sector = Buffer.alloc(sectorSize);
  partitions.forEach((partition, index) => {
    const entry = 446 + 16 * index;
    sector.writeUInt8(partitionTypeLinux, entry + 4);
    sector.writeUInt32LE(partition.offset / sectorSize, entry + 8);
    sector.writeUInt32LE(partition.size / sectorSize, entry + 12);
  });
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/** Makes a sparse disk with both partitions, empty. */
export function makeDisk(file: string): void {
  writeFileSync(file, "");
  truncateSync(file, mainPartition.offset + mainPartition.size + mebibyte);
  const fd = openSync(file, "r+");
  writeSync(fd, formatMbr([bootPartition, mainPartition]), 0, sectorSize, 0);
  closeSync(fd);
}

/** Writes an image into a partition, preserving holes. */
export async function writePartition(
  disk: string,
  partition: Partition,
  image: string,
): Promise<void> {
  await run("dd", [
    `if=${image}`,
    `of=${disk}`,
    "bs=1M",
    `seek=${partition.offset / mebibyte}`,
    "conv=sparse,notrunc",
    "status=none",
  ]);
}

/** Copies a disk, preserving holes. */
export async function copyDisk(from: string, to: string): Promise<void> {
  await run("cp", ["--reflink=auto", "--sparse=always", from, to]);
}
