import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Bytes that can be read at any offset: a disk, or a layer on one. */
export interface BlockReader {
  readonly size: number;
  /** Returns exactly `length` bytes; throws beyond the end. */
  read(offset: number, length: number): Buffer;
}

/** Calls `use` with a reader of a file, which is closed afterwards. */
export function withFileReader<T>(path: string, use: (reader: BlockReader) => T): T {
  const fd = openSync(path, "r");
  try {
    const { size } = fstatSync(fd);
    return use({
      size,
      read: (offset, length) => {
        const buffer = Buffer.allocUnsafe(length);
        const count = readSync(fd, buffer, 0, length, offset);
        if (count !== length) throw new Error(`'${path}' ends before byte ${offset + length}`);
        return buffer;
      },
    });
  } finally {
    closeSync(fd);
  }
}

/** A reader of bytes in memory. */
export function readBuffer(bytes: Buffer): BlockReader {
  return {
    size: bytes.length,
    read: (offset, length) => {
      if (offset + length > bytes.length) throw new Error(`no byte ${offset + length - 1}`);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** The part of a reader that begins at `offset`. */
export function sliceReader(reader: BlockReader, offset: number, size: number): BlockReader {
  return { size, read: (at, length) => reader.read(offset + at, length) };
}
