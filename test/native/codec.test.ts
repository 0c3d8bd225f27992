import { describe, expect, test } from "vitest";
import { buildScript, readResult, runInNamespace, variants } from "./native-program.ts";

describe.each(variants)("codecs under %s", async (variant) => {
  const result = readResult(runInNamespace(await buildScript("codec", variant)));

  test("SHA-256 gives the digests of FIPS 180-4's examples", () => {
    expect(result).toMatchObject({
      sha256: [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
      ],
      view: true,
    });
  });

  test("what zstd made comes back, one frame or two", () => {
    expect(result).toMatchObject({
      header: [0x28, 0xb5, 0x2f, 0xfd],
      ...{ flags: 4, same: true, twoFrames: 2_000_000, empty: 0 },
    });
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
