import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findUsedRanges } from "../vm/stacks/read-used-ranges.ts";
import { writeEncrypted } from "../vm/stacks/write-encrypted.ts";

const listing = `Block count:              60
Block size:               4096
Group 0: (Blocks 0-31)
  24 free blocks, 1 free inodes, 2 directories
  Free blocks: 2-3, 5, 8-31
Group 1: (Blocks 32-59)
  Free blocks: 32-40
Group 2: (Blocks 60-61)
  Free blocks: 
`;

describe("findUsedRanges", () => {
  test("finds what lies between free blocks, and after the last", () => {
    const blocks = findUsedRanges(listing).map(({ from, to }) => [from / 4096, to / 4096]);
    expect(blocks).toEqual([
      [0, 2],
      [4, 5],
      [6, 8],
      [41, 60],
    ]);
  });
});

describe("writeEncrypted", () => {
  test("writes what IEEE 1619 has for AES-256 and data unit 0xff (vector 10)", () => {
    const key = Buffer.from(
      "27182818284590452353602874713526624977572470936999595749669676273141592653589793238462643383279502884197169399375105820974944592",
      "hex",
    );
    const plain = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256));
    const work = mkdtempSync(join(tmpdir(), "exitrd-"));
    try {
      const [file, disk] = [join(work, "plain"), join(work, "disk")];
      writeFileSync(file, plain);
      writeFileSync(disk, Buffer.alloc(1024));
      const target = { disk, segment: 512 - 0xff * 512, at: 0xff * 512 };
      writeEncrypted(key, file, [{ from: 0, to: 512 }], target);
      const written = readFileSync(disk);
      expect(written.subarray(0, 512)).toEqual(Buffer.alloc(512));
      expect(written.toString("hex", 512, 528)).toBe("1c3b3a102f770386e4836c99e370cf9b");
      expect(written.toString("hex", 1008)).toBe("c4f36ffda9fcea70b9c6e693e148c151");
    } finally {
      rmSync(work, { recursive: true });
    }
  });
});
