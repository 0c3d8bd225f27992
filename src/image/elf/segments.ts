import { accept, type Checked, refuse } from "../../text/checked.ts";
import type { ElfProblem } from "../problem.ts";

type Reason = ElfProblem["reason"];

/** The types of program headers that matter here (elf(5)). */
export const segmentTypes = { load: 1, dynamic: 2, interpreter: 3, note: 4 } as const;

/** A program header; offsets and sizes in bytes of the file. */
export interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
  readonly alignment: number;
}

export interface ElfHead {
  /** e_machine. */
  readonly machine: number;
  readonly segments: readonly Segment[];
}

const headerSize = 64;
const programHeaderSize = 56;
const executable = 2;
const sharedObject = 3;

/**
 * Reads the head of a 64-bit little-endian program or library, and checks that
 * all its segments lie within the file (elf(5)).
 */
export function readHead(bytes: Uint8Array): Checked<ElfHead, Reason> {
  const magic = [0x7f, 0x45, 0x4c, 0x46, 2, 1];
  if (!magic.every((byte, i) => bytes[i] === byte)) return refuse("not-elf");
  if (bytes.length < headerSize) return refuse("truncated");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint16(16, true);
  if (type !== executable && type !== sharedObject) return refuse("not-executable");
  const segments = readSegments(view);
  return segments.ok
    ? accept({ machine: view.getUint16(18, true), segments: segments.value })
    : segments;
}

function readSegments(view: DataView): Checked<readonly Segment[], Reason> {
  const start = readWord(view, 32);
  const size = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (size < programHeaderSize || count === 0) return refuse("not-executable");
  if (start + size * count > view.byteLength) return refuse("truncated");
  const segments = Array.from({ length: count }, (_, i) => readSegment(view, start + i * size));
  const { load } = segmentTypes;
  const isCut = segments.some((segment) => {
    return segment.type === load && segment.offset + segment.size > view.byteLength;
  });
  return isCut ? refuse("truncated") : accept(segments);
}

function readSegment(view: DataView, at: number): Segment {
  return {
    type: view.getUint32(at, true),
    offset: readWord(view, at + 8),
    address: readWord(view, at + 16),
    size: readWord(view, at + 32),
    alignment: readWord(view, at + 48),
  };
}

/** Inexact above 2^53, but that is beyond the end of any file anyway. */
export function readWord(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
