import { describe, expect, test } from "vitest";
import { buildScript, readResult, runInNamespace, variants } from "./native-program.ts";

describe.each(variants)("codecs under %s", async (variant) => {
  const result = readResult(runInNamespace(await buildScript("codec", variant)));

  test("what zstd made comes back, one frame or two", () => {
    expect(result).toMatchObject({
      header: [0x28, 0xb5, 0x2f, 0xfd],
      ...{ flags: 4, same: true, twoFrames: 2_000_000, empty: 0 },
    });
  });

  test("in parts it is the same, and as wrong", () => {
    expect(result).toMatchObject({
      ...{ parts: 2_000_000, largestPart: 131_072, thrown: "enough" },
      wrongParts: [
        "zstd: truncated",
        "zstd: Restored data doesn't match checksum",
        "zstd: Unknown frame descriptor",
        "zstd: truncated",
      ],
    });
  });

  test("a frame may end exactly where the buffer does", () => {
    expect(result).toMatchObject({ wrongSizes: [] });
  });

  test("a damaged, truncated or oversized frame is an error that says so", () => {
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
