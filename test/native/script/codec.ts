import { gunzipEach, zstdCompress, zstdDecompress, zstdDecompressEach } from "exitrd:codec";
import { sha256 } from "exitrd:digest";
import * as sys from "exitrd:sys";

function encode(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function catchWords(call: () => void): string {
  try {
    call();
  } catch (error) {
    return error instanceof Error ? error.message : "no Error";
  }
  return "no error";
}

const million = new Uint8Array(1_000_000).fill(97);
const frame = zstdCompress(million, 19);
const wrong = frame.slice();
const last = wrong.length - 1;
wrong[last] = (wrong[last] ?? 0) ^ 1;
const two = new Uint8Array(frame.length * 2);
two.set(frame);
two.set(frame, frame.length);

/** Sizes whose frame is not decompressed to the original data. */
function findWrongSizes(sizes: readonly number[]): readonly string[] {
  return sizes.flatMap((size) => {
    const data = new Uint8Array(size).fill(97);
    // With no room to spare, with one byte, and with plenty.
    return [size, size + 1, 64 * 1024 * 1024].flatMap((max) => {
      const words = catchWords(() => {
        const back = zstdDecompress(zstdCompress(data, 1), max);
        if (sha256(back) !== sha256(data)) throw new Error("other bytes");
      });
      return words === "no error" ? [] : [`${size} of ${max}: ${words}`];
    });
  });
}

// The buffer has 256 KiB at first and doubles: a frame may end exactly at its end.
const edges = [17, 18, 19, 20, 21, 22].flatMap((power) => {
  const size = 2 ** power;
  return [size - 512, size - 1, size, size + 1, size + 512];
});

/** The lengths of the parts of "aaa…", after the number of bytes that were read. */
function takeParts(data: Uint8Array): readonly number[] {
  const lengths: number[] = [];
  const taken = zstdDecompressEach(data, (part) => {
    if (part.some((byte) => byte !== 97)) throw new Error("other bytes");
    lengths.push(part.length);
  });
  return [taken, ...lengths];
}

// Node's gzip of 300,000 such bytes, in hexadecimal digits.
const gzipped = Uint8Array.from(sys.argv[2]?.match(/../g) ?? [], (digits) =>
  Number.parseInt(digits, 16),
);
const damaged = gzipped.slice();
damaged[gzipped.length - 5] = (damaged[gzipped.length - 5] ?? 0) ^ 1;

function gunzip(data: Uint8Array): readonly number[] {
  let length = 0;
  let largest = 0;
  const taken = gunzipEach(data, (part) => {
    if (part.some((byte) => byte !== 97)) throw new Error("other bytes");
    length += part.length;
    largest = Math.max(largest, part.length);
  });
  return [taken - gzipped.length, length, largest];
}

sys.write(
  1,
  JSON.stringify({
    // Magic number, then a descriptor with single-segment size and checksum flags.
    header: Array.from(frame.slice(0, 4)),
    flags: (frame[4] ?? 0) & 0x04,
    same: sha256(zstdDecompress(frame, 1_000_000)) === sha256(million),
    twoFrames: zstdDecompress(two, 3_000_000).length,
    wrongSizes: findWrongSizes(edges),
    parts: takeParts(two)
      .slice(1)
      .reduce((sum, length) => sum + length, 0),
    largestPart: Math.max(...takeParts(two).slice(1)),
    // What follows: nothing, zeros, another archive, the start of a magic number.
    rests: [[], [0, 0], [0, 0, 0, 0, 0], [...encode("070701")], [0x28, 0xb5, 0x2f]].map(
      (rest) => (takeParts(Uint8Array.from([...two, ...rest]))[0] ?? 0) - two.length,
    ),
    wrongParts: [frame.subarray(0, last), wrong, encode("#!/bin/sh\n"), new Uint8Array(0)].map(
      (data) => catchWords(() => takeParts(data)),
    ),
    gzip: gunzip(gzipped),
    gzipRest: gunzip(Uint8Array.from([...gzipped, 1, 2, 3])),
    wrongGzip: [gzipped.subarray(0, 30), damaged, encode("#!/bin/sh\n"), new Uint8Array(0)].map(
      (data) => catchWords(() => gunzip(data)),
    ),
    gzipThrown: catchWords(() =>
      gunzipEach(gzipped, () => {
        throw new Error("enough");
      }),
    ),
    thrown: catchWords(() =>
      zstdDecompressEach(frame, () => {
        throw new Error("enough");
      }),
    ),
    empty: zstdDecompress(zstdCompress(new Uint8Array(0), 1), 0).length,
    wrong: {
      tooLarge: catchWords(() => zstdDecompress(frame, 999_999)),
      truncated: catchWords(() => zstdDecompress(frame.subarray(0, last), 1_000_000)),
      checksum: catchWords(() => zstdDecompress(wrong, 1_000_000)),
      notZstd: catchWords(() => zstdDecompress(encode("#!/bin/sh\n"), 1000)),
      nothing: catchWords(() => zstdDecompress(new Uint8Array(0), 1000)),
      // Every truncation of a frame is an error, never a short result.
      anyTruncation: Array.from({ length: frame.length }, (_, length) =>
        catchWords(() => zstdDecompress(frame.subarray(0, length), 1_000_000)),
      ).includes("no error"),
    },
  }),
);
