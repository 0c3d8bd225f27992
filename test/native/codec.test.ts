import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { buildScript, readResult, runInNamespace, variants } from "./native-program.ts";

describe.each(variants)("codecs under %s", async (variant) => {
  const gzipped = gzipSync(Buffer.alloc(300_000, "a")).toString("hex");
  const result = readResult(runInNamespace(await buildScript("codec", variant), gzipped));

  test("one or two frames of zstd are decompressed", () => {
    expect(result).toMatchObject({
      header: [0x28, 0xb5, 0x2f, 0xfd],
      ...{ flags: 4, same: true, twoFrames: 2_000_000, empty: 0 },
    });
  });

  test("decompression in parts gives the same data and errors", () => {
    expect(result).toMatchObject({
      ...{ parts: 2_000_000, largestPart: 131_072, thrown: "enough" },
      rests: [0, 0, 0, 0, 0],
      wrongParts: [
        "zstd: truncated",
        "zstd: Restored data doesn't match checksum",
        "zstd: Unknown frame descriptor",
        "zstd: truncated",
      ],
    });
  });

  test("gzip's output is decompressed in parts, and its end is found", () => {
    expect(result).toMatchObject({
      ...{ gzip: [0, 300_000, 131_072], gzipRest: [0, 300_000, 131_072], gzipThrown: "enough" },
      wrongGzip: [
        "gzip: truncated",
        "gzip: incorrect data check",
        "gzip: incorrect header check",
        "gzip: truncated",
      ],
    });
  });

  test("a frame may end exactly where the buffer does", () => {
    expect(result).toMatchObject({ wrongSizes: [] });
  });

  test("a damaged, truncated or oversized frame is an error with that reason", () => {
    expect(result).toMatchObject({
      wrong: {
        tooLarge: "zstd: more than 999999 bytes",
        truncated: "zstd: truncated",
        checksum: "zstd: Restored data doesn't match checksum",
        notZstd: "zstd: Unknown frame descriptor",
        nothing: "zstd: truncated",
        anyTruncation: false,
      },
    });
  });
});
