import fc from "fast-check";
import { expect, test } from "vitest";
import { readSignatureLists } from "../../src/image/sign/read-dbx.ts";
import { mutatedBytes } from "./mutations.ts";

/** A list with two hashes, each between its owner and its time. */
function makeList(): Uint8Array {
  const entry = 16 + 32 + 16;
  const list = Buffer.alloc(28 + 2 * entry, 7);
  list.write("92a4d23bc0967940b420fcf98ef103ed", "hex");
  list.writeUInt32LE(list.length, 16);
  list.writeUInt32LE(0, 20);
  list.writeUInt32LE(entry, 24);
  return list;
}

test("nothing is read beyond the end of the firmware's data", () => {
  const list = makeList();
  expect(readSignatureLists(list)).toMatchObject({ hashes: [{}, {}], whole: true });
  for (let length = 1; length < list.length; length++) {
    expect(readSignatureLists(list.subarray(0, length)).whole).toBe(false);
  }
  fc.assert(
    fc.property(mutatedBytes([list, Buffer.concat([list, list])]), (bytes) => {
      const { certificates, hashes } = readSignatureLists(bytes);
      const parts = [...certificates, ...hashes.map(({ digest }) => digest)];
      expect(parts.reduce((sum, part) => sum + part.length, 0)).toBeLessThanOrEqual(bytes.length);
    }),
    { numRuns: 2000 },
  );
});
