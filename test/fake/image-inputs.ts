import { createHash } from "node:crypto";
import type { ImageInput } from "../../src/image/compose-image.ts";
import type { Codec } from "../../src/port/loader.ts";

export function sha256(data: Uint8Array): string {
  return hash("sha256", data);
}

function hash(algorithm: string, data: Uint8Array): string {
  return createHash(algorithm).update(data).digest("hex");
}

/** Stores instead of compressing, behind a magic of its own. */
export const fakeCodec: Codec = {
  sha1: (data) => hash("sha1", data),
  sha256,
  sha384: (data) => hash("sha384", data),
  sha512: (data) => hash("sha512", data),
  compress: (data) => Uint8Array.from([1, 2, 3, ...data]),
  decompress: (data, max) => {
    if (data[0] !== 1 || data[1] !== 2 || data[2] !== 3) throw new Error("no zstd data");
    if (data.length - 3 > max) throw new Error(`more than ${max} bytes`);
    return data.subarray(3);
  },
  decompressEach: (data, use) => use(data),
};

export interface ElfShape {
  readonly machine?: number;
  readonly type?: number;
  /** p_type of each program header. */
  readonly segments?: readonly number[];
  readonly fileSize?: number;
}

/** The smallest file that passes for a static x86-64 program, or one bent by `shape`. */
export function makeElf(shape: ElfShape = {}): Uint8Array {
  const { machine = 62, type = 2, segments = [1], fileSize = 64 } = shape;
  const bytes = new Uint8Array(64 + 56 * segments.length);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  const view = new DataView(bytes.buffer);
  view.setUint16(16, type, true);
  view.setUint16(18, machine, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, segments.length, true);
  segments.forEach((segment, i) => {
    view.setUint32(64 + 56 * i, segment, true);
    view.setBigUint64(64 + 56 * i + 32, BigInt(fileSize), true);
  });
  return bytes;
}

export const imageInput: ImageInput = {
  version: "1.2.3",
  imageVersion: 1_002_003,
  architecture: "x86_64",
  shutdown: makeElf(),
  programs: [],
  extensions: [],
  extensionEntries: [],
};
