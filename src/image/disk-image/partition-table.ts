import { accept, type Checked, refuse } from "../../text/checked.ts";
import { readU64 } from "../../text/struct-bytes.ts";
import type { FormProblem } from "./form-problem.ts";

/** A partition of a disk image, in bytes. */
export interface Partition {
  /** Lower case, as UUIDs are written. */
  readonly type: string;
  readonly data: Uint8Array;
}

const sector = 512;
const entryTypeSize = 16;
// The table that UEFI requires has 128 entries of 128 bytes.
const mostEntries = 1024;
const largestEntry = 4096;

/** Whether the bytes begin like a disk image (UEFI, "GUID Partition Table"). */
export function hasPartitionTable(image: Uint8Array): boolean {
  return startsWith(image, sector, "EFI PART");
}

/** Whether `text` is at offset `at`. */
export function startsWith(image: Uint8Array, at: number, text: string): boolean {
  return String.fromCharCode(...image.subarray(at, at + text.length)) === text;
}

/**
 * Lists the partitions of a disk image. Its checksums are ignored: they prove nothing, and the
 * contents are checked against a signed hash.
 */
export function parsePartitionTable(image: Uint8Array): Checked<readonly Partition[], FormProblem> {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (image.length < 2 * sector) return refuse({ kind: "table", reason: "truncated" });
  const start = readU64(view, sector + 72) * sector;
  const count = view.getUint32(sector + 80, true);
  const size = view.getUint32(sector + 84, true);
  if (count > mostEntries || size < 128 || size > largestEntry) {
    return refuse({ kind: "table", reason: "bad-header" });
  }
  if (start + count * size > image.length) return refuse({ kind: "table", reason: "truncated" });
  const partitions: Partition[] = [];
  for (let at = start; at < start + count * size; at += size) {
    if (isUnused(view, at)) continue;
    const first = readU64(view, at + 2 * entryTypeSize) * sector;
    const end = (readU64(view, at + 2 * entryTypeSize + 8) + 1) * sector;
    if (end > image.length || first >= end) return refuse({ kind: "table", reason: "truncated" });
    partitions.push({ type: readUuid(view, at), data: image.subarray(first, end) });
  }
  return accept(partitions);
}

/** The type of an unused entry. */
function isUnused(view: DataView, at: number): boolean {
  return [0, 4, 8, 12].every((i) => view.getUint32(at + i, true) === 0);
}

/** The first three parts are little-endian numbers. */
function readUuid(view: DataView, at: number): string {
  const byte = (i: number) => hex(view.getUint8(at + i), 2);
  const rest = [8, 9, 10, 11, 12, 13, 14, 15].map(byte).join("");
  const head = hex(view.getUint32(at, true), 8);
  const middle = [4, 6].map((i) => hex(view.getUint16(at + i, true), 4)).join("-");
  return `${head}-${middle}-${rest.slice(0, 4)}-${rest.slice(4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
