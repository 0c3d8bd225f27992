import fc from "fast-check";
import { expect, test } from "vitest";
import { isSafePath } from "../../src/image/check-path.ts";
import { composeImage } from "../../src/image/compose-image.ts";
import type { CpioEntry } from "../../src/image/cpio-entry.ts";
import { describeProblem } from "../../src/image/describe-problem.ts";
import {
  readSealedImage,
  sealTree,
  writeSealedImage,
} from "../../src/image/disk-image/sealed-image.ts";
import { readErofs } from "../../src/image/read-erofs.ts";
import { writeErofs } from "../../src/image/write-erofs.ts";
import { equalBytes } from "../../src/text/bytes.ts";
import { imageInput, sha256 } from "../fake/image-inputs.ts";
import { mutatedBytes } from "./mutations.ts";

const uuid = Uint8Array.from({ length: 16 }, (_, i) => i);

const name = fc
  .string({ unit: "binary-ascii", minLength: 1, maxLength: 200 })
  .filter((text) => isSafePath(text) && !text.includes("/"));

/** A directory with many entries takes several blocks; a file takes any number of blocks. */
const trees = fc
  .record({
    folders: fc.uniqueArray(name, { maxLength: 4 }),
    files: fc.uniqueArray(name, { maxLength: 60 }),
    sizes: fc.array(fc.nat(9_000), { minLength: 60, maxLength: 60 }),
  })
  .map(({ folders, files, sizes }): readonly CpioEntry[] => [
    ...folders.map((path) => ({ kind: "directory", path: `d${path}`, mode: 0o755 }) as const),
    ...files.map((path, i): CpioEntry => {
      const folder = folders[i % (folders.length + 1)];
      const data = new Uint8Array(sizes[i] ?? 0).fill(i);
      const at = folder === undefined ? `f${path}` : `d${folder}/${path}`;
      const target = folder === undefined ? path : `../${path}`;
      if (i % 7 === 6) return { kind: "link", path: at, mode: 0o777, target };
      return { kind: "file", path: at, mode: i % 2 === 0 ? 0o444 : 0o555, data };
    }),
  ]);

test("a tree is read back as it was written", () => {
  fc.assert(
    fc.property(trees, (entries) => {
      const read = readErofs(writeErofs(entries, uuid));
      expect(read.ok && read.value).toEqual(entries);
    }),
    { numRuns: 50 },
  );
});

const small = composeImage(imageInput, sha256);
const erofs = writeErofs(small, uuid);

test("a changed file system is refused, or is what `writeErofs` writes for its entries", () => {
  fc.assert(
    fc.property(mutatedBytes([erofs]), (bytes) => {
      const read = readErofs(bytes);
      if (read.ok) {
        expect(equalBytes(writeErofs(read.value, bytes.subarray(1072, 1088)), bytes)).toBe(true);
      } else expect(describeProblem(read.problem).length).toBeLessThan(9000);
    }),
    { numRuns: 2000 },
  );
});

test("a changed sealed image is refused, or its contents are those that were signed", () => {
  const tree = sealTree(small, sha256);
  const image = writeSealedImage(tree, Uint8Array.of(1, 2, 3), "00".repeat(32), "x86_64");
  if (image === undefined) throw new Error("no types");
  fc.assert(
    fc.property(mutatedBytes([image]), (bytes) => {
      const read = readSealedImage(bytes, sha256);
      if (!read.ok) {
        expect(describeProblem(read.problem).length).toBeLessThan(9000);
        return;
      }
      const { sealed, entries } = read.value;
      // Another root hash means another tree, which the signature does not cover.
      if (sealed.tree.rootHash === tree.rootHash) expect(entries).toEqual(small);
      expect(sha256(sealed.tree.data) === sha256(tree.data)).toBe(
        sealed.tree.rootHash === tree.rootHash,
      );
    }),
    { numRuns: 500 },
  );
});
