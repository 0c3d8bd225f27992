import { joinBytes, toBytes } from "../text/bytes.ts";
import {
  blockSize,
  type CpioEntry,
  directoryType,
  fileType,
  type HeaderField,
  headerFields,
  linkType,
  newcMagic,
  pad4,
  trailerName,
} from "./cpio-entry.ts";

/**
 * Writes an archive in the "newc" format that the kernel unpacks
 * (Documentation/driver-api/early-userspace/buffer-format.rst).
 *
 * All files have the owner 0:0, the time `mtime` (32-bit seconds since the epoch) and consecutive
 * inode numbers, so equal entries give equal bytes.
 */
export function writeCpio(entries: readonly CpioEntry[], mtime: number): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  entries.forEach((entry, i) => {
    pieces.push(...writeEntry(entry, i + 1, mtime));
  });
  pieces.push(trailer);
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  pieces.push(new Uint8Array((blockSize - (length % blockSize)) % blockSize));
  return joinBytes(pieces);
}

/** The entry that ends every archive. */
export const trailer: Uint8Array = writeName({ nlink: 1 }, trailerName);

function writeEntry(entry: CpioEntry, ino: number, mtime: number): Uint8Array[] {
  if (entry.kind === "directory") {
    return [writeName({ ino, mode: directoryType | entry.mode, nlink: 2, mtime }, entry.path)];
  }
  const [type, data] =
    entry.kind === "link" ? [linkType, toBytes(entry.target)] : [fileType, entry.data];
  const filesize = data.length;
  const head = writeName({ ino, mode: type | entry.mode, nlink: 1, mtime, filesize }, entry.path);
  return [head, data, new Uint8Array(pad4(filesize))];
}

/** Writes a header and the name with its NUL, padded. */
function writeName(fields: Partial<Record<HeaderField, number>>, name: string): Uint8Array {
  const all = { ...fields, namesize: name.length + 1 };
  let header = newcMagic;
  for (const field of headerFields) header += hex8(all[field] ?? 0);
  const text = `${header}${name}\0`;
  return toBytes(text + "\0".repeat(pad4(text.length)));
}

function hex8(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new Error(`no 32-bit number: ${value}`);
  }
  return value.toString(16).toUpperCase().padStart(8, "0");
}
