import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { type ImageInput, noInitrd } from "../../src/image/compose-image.ts";
import type { Codec } from "../../src/port/loader.ts";

export function sha256(data: Uint8Array): string {
  return hash("sha256", data);
}

function hash(algorithm: string, data: Uint8Array): string {
  return createHash(algorithm).update(data).digest("hex");
}

interface Gunzipped {
  readonly buffer: Uint8Array;
  /** Its bytesWritten is the number of input bytes. */
  readonly engine: { readonly bytesWritten: number };
}

/** Stores data uncompressed, after a magic number of its own. */
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
  decompressEach: (data, use) => {
    use(data);
    return data.length;
  },
  gunzipEach: (data, use) => {
    // @types/node lacks the overload for `info`: true.
    const options = { info: true } as object;
    const { buffer, engine } = gunzipSync(data, options) as unknown as Gunzipped;
    use(buffer);
    return engine.bytesWritten;
  },
};

export interface ElfShape {
  readonly machine?: number;
  readonly type?: number;
  /** p_type of each program header. */
  readonly segments?: readonly number[];
  readonly fileSize?: number;
}

/** The smallest file that passes as a static x86-64 program, or a variation given by `shape`. */
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

/** The smallest file that is accepted as an exitrd-shutdown: x86-64, with native/main_pid1.c's note. */
export function makeShutdown(): Uint8Array {
  const elf = makeElf({ segments: [1, 4] });
  const note = Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, ...Buffer.from("exitrd\0\0"));
  const bytes = new Uint8Array(elf.length + note.length);
  bytes.set(elf);
  bytes.set(note, elf.length);
  const view = new DataView(bytes.buffer);
  const header = 64 + 56;
  view.setBigUint64(header + 8, BigInt(elf.length), true);
  view.setBigUint64(header + 32, BigInt(note.length), true);
  return bytes;
}

export const imageInput: ImageInput = {
  version: "1.2.3",
  imageVersion: 1_002_003,
  architecture: "x86_64",
  shutdown: makeElf(),
  programs: [],
  initrd: noInitrd,
  extensions: [],
  extensionEntries: [],
};
