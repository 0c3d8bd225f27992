import { toByteString } from "../../text/bytes.ts";
import { accept, type Checked, refuse } from "../../text/checked.ts";
import { type Compression, findCompression } from "./compressions.ts";
import type { InitrdProblem } from "./initrd-problem.ts";
import { findNonZero, type MemberVisitor, makeNewcReader, type NewcReader } from "./newc-reader.ts";

/** Unpackers that work in parts. All throw an Error whose message is the reason. */
export interface Unpackers {
  /** Decompresses all zstd frames at the start; returns their length in bytes. */
  decompressEach(data: Uint8Array, use: (part: Uint8Array) => void): number;
  /** Decompresses one gzip member; returns its length in bytes. */
  gunzipEach(data: Uint8Array, use: (part: Uint8Array) => void): number;
  /** Decompresses any other format; undefined if there is no program for it. */
  unpackOther?(
    compression: Compression,
    data: Uint8Array,
    use: (part: Uint8Array) => void,
  ): true | undefined;
}

const cpioMagic = "07070";
/** The limit for an unpacked archive: several times the size of the largest initrds. */
const largestStream = 4 * 1024 * 1024 * 1024;
/** How many entries may be read in vain while searching for the start of an archive. */
const mostTried = 20_000;
/** How many places are tried as the end of compressed data: each costs a run of the decompressor. */
const mostProbed = 16;

/**
 * Reads an initrd the way the kernel unpacks it: archives one after another, each uncompressed
 * (microcode) or compressed.
 */
export function readArchives(
  initrd: Uint8Array,
  visitor: MemberVisitor,
  unpackers: Unpackers,
): Checked<undefined, InitrdProblem> {
  const archives = withoutBootConfig(initrd);
  let at = findNonZero(archives, 0);
  if (at >= archives.length) return refuse({ kind: "unknown-form" });
  while (at < archives.length) {
    const start = toByteString(archives.subarray(at, at + 6));
    const compression = findCompression(start);
    if (compression === undefined && !start.startsWith(cpioMagic)) {
      return refuse({ kind: "unknown-form" });
    }
    const read =
      compression === undefined
        ? readPlain(archives.subarray(at), visitor)
        : readPacked(compression, archives.subarray(at), visitor, unpackers);
    if (!read.ok) return read;
    at = findNonZero(archives, at + read.value);
  }
  return accept(undefined);
}

const bootConfigMagic = "#BOOTCONFIG\n";

/**
 * The part before a boot configuration, which the kernel removes (bootconfig(8)): text, its size and
 * checksum as u32, and the magic, to which a boot loader may have appended up to three zeros.
 */
function withoutBootConfig(initrd: Uint8Array): Uint8Array {
  for (let zeros = 0; zeros < 4; zeros++) {
    const end = initrd.length - zeros;
    const start = end - bootConfigMagic.length - 8;
    if (start < 0) return initrd;
    if (toByteString(initrd.subarray(start + 8, end)) !== bootConfigMagic) continue;
    const size = new DataView(initrd.buffer, initrd.byteOffset + start, 4).getUint32(0, true);
    return size > start ? initrd : initrd.subarray(0, start - size);
  }
  return initrd;
}

/** Returns the number of bytes consumed. */
function readPlain(bytes: Uint8Array, visitor: MemberVisitor): Checked<number, InitrdProblem> {
  const reader = makeNewcReader(visitor);
  const size = reader.push(bytes);
  return reader.state() === "ended" ? accept(size) : refuse({ kind: "damaged" });
}

function readPacked(
  compression: Compression,
  bytes: Uint8Array,
  visitor: MemberVisitor,
  unpackers: Unpackers,
): Checked<number, InitrdProblem> {
  const end = findEnd(compression, bytes, unpackers);
  const reader = makeStreamReader(visitor);
  const unpacked = tryUnpack(compression, bytes.subarray(0, end), reader.push, unpackers);
  if (unpacked.ok && unpacked.value === undefined) return refuse({ kind: "packed", compression });
  // The kernel ignores what follows the last archive, such as zeros.
  if (reader.isWhole()) return accept((unpacked.ok && unpacked.value) || end);
  return unpacked.ok ? refuse({ kind: "damaged" }) : unpacked;
}

/** Returns the number of bytes consumed; undefined if there is no program to decompress it. */
function tryUnpack(
  compression: Compression,
  bytes: Uint8Array,
  use: (part: Uint8Array) => void,
  unpackers: Unpackers,
): Checked<number | undefined, InitrdProblem> {
  try {
    if (compression === "gzip") return accept(unpackers.gunzipEach(bytes, use));
    if (compression === "zstd") return accept(unpackers.decompressEach(bytes, use));
    const isUnpacked = unpackers.unpackOther?.(compression, bytes, use);
    return accept(isUnpacked === true ? bytes.length : undefined);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    return refuse({ kind: "unpack", reason: thrown.message });
  }
}

/** Reads one archive after another, in parts of any size. */
function makeStreamReader(visitor: MemberVisitor) {
  let reader: NewcReader | undefined;
  let room = largestStream;
  const push = (part: Uint8Array): void => {
    room -= part.length;
    // Ends the decompressor, too.
    if (room < 0) throw new Error(`it unpacks to more than ${largestStream / 2 ** 30} GiB`);
    let at = 0;
    while (at < part.length && reader?.state() !== "damaged") {
      if (reader?.state() !== "open") {
        at = findNonZero(part, at);
        if (at === part.length) return;
        reader = makeNewcReader(visitor);
      }
      at += reader.push(part.subarray(at));
    }
  };
  return { push, isWhole: () => reader?.state() === "ended" };
}

/**
 * Finds the end of the compressed data, which programs do not report: the start of an uncompressed
 * archive, if a whole archive is unpacked from what is before. A compressor may store the end of its
 * input as it is, with the header that ends the archive.
 */
function findEnd(compression: Compression, bytes: Uint8Array, unpackers: Unpackers): number {
  if (compression === "gzip" || compression === "zstd") return bytes.length;
  let left = mostProbed;
  for (const end of findPlainArchives(bytes)) {
    if (left === 0) break;
    left -= 1;
    const reader = makeStreamReader(noMembers);
    tryUnpack(compression, bytes.subarray(0, end), reader.push, unpackers);
    if (reader.isWhole()) return end;
  }
  return bytes.length;
}

const noMembers: MemberVisitor = { wants: () => false, visit: () => {}, endArchive: () => {} };

/** Where complete uncompressed archives start. With too many headers, the search is given up. */
function* findPlainArchives(bytes: Uint8Array): Generator<number> {
  let left = mostTried;
  const counter: MemberVisitor = {
    ...noMembers,
    visit: () => {
      left -= 1;
    },
  };
  const zero = cpioMagic.charCodeAt(0);
  for (let at = bytes.indexOf(zero); at >= 0 && left > 0; at = bytes.indexOf(zero, at + 1)) {
    const start = toByteString(bytes.subarray(at, at + cpioMagic.length));
    if (start === cpioMagic && readPlain(bytes.subarray(at), counter).ok) yield at;
  }
}
