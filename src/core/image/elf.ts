import { elfMachineOf } from "./architecture.ts";
import type { ElfProblem } from "./problem.ts";

type Reason = ElfProblem["reason"];

const headerSize = 64;
const programHeaderSize = 56;
const loadSegment = 1;
const interpreterSegment = 3;
const executable = 2;
const sharedObject = 3;

/**
 * Checks that `bytes` is a static program for `architecture` (elf(5)).
 *
 * As PID 1 a program that asks for a loader or another machine ends in a
 * kernel panic, after systemd has looked at its mode bits only.
 */
export function checkElf(bytes: Uint8Array, architecture: string): Reason | undefined {
  const magic = [0x7f, 0x45, 0x4c, 0x46, 2, 1];
  if (!magic.every((byte, i) => bytes[i] === byte)) return "not-elf";
  if (bytes.length < headerSize) return "truncated";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint16(16, true);
  if (type !== executable && type !== sharedObject) return "not-executable";
  if (view.getUint16(18, true) !== elfMachineOf(architecture)) return "machine";
  return checkSegments(view);
}

function checkSegments(view: DataView): Reason | undefined {
  const start = view.getBigUint64(32, true);
  const size = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (size < programHeaderSize || count === 0) return "not-executable";
  if (start + BigInt(size * count) > BigInt(view.byteLength)) return "truncated";
  for (let i = 0; i < count; i++) {
    const at = Number(start) + i * size;
    const type = view.getUint32(at, true);
    if (type === interpreterSegment) return "interpreter";
    if (type === loadSegment && segmentEnd(view, at) > BigInt(view.byteLength)) return "truncated";
  }
  return undefined;
}

function segmentEnd(view: DataView, at: number): bigint {
  return view.getBigUint64(at + 8, true) + view.getBigUint64(at + 32, true);
}
