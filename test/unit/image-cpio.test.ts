import { execFileSync } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CpioEntry, headerFields } from "../../src/image/cpio-entry.ts";
import { readCpio } from "../../src/image/read-cpio.ts";
import { writeCpio } from "../../src/image/write-cpio.ts";
import { toByteString, toBytes } from "../../src/text/bytes.ts";

const entries: readonly CpioEntry[] = [
  { kind: "directory", path: "etc", mode: 0o755 },
  { kind: "file", path: "etc/name", mode: 0o444, data: toBytes("five5") },
  { kind: "file", path: "shutdown", mode: 0o555, data: toBytes("") },
];

/** Replaces text at its first occurrence after `from`, keeping the length. */
function patch(archive: Uint8Array, old: string, now: string, from = 0): Uint8Array {
  const text = toByteString(archive);
  const at = text.indexOf(old, from);
  if (at < 0 || old.length !== now.length) throw new Error(`cannot patch '${old}'`);
  return toBytes(text.slice(0, at) + now + text.slice(at + old.length));
}

/** Sets a header field of the first entry. */
function setField(index: number, value: string): Uint8Array {
  const archive = writeCpio(entries, 0);
  archive.set(toBytes(value), 6 + 8 * index);
  return archive;
}

test("what was written is read back", () => {
  expect(readCpio(writeCpio(entries, 0))).toEqual({ ok: true, value: entries });
});

test("the same entries give the same bytes, and the time is in every header", () => {
  expect(writeCpio(entries, 7)).toEqual(writeCpio(entries, 7));
  expect(toByteString(writeCpio(entries, 7)).split("00000007").length - 1).toBe(3);
});

test("cpio(1) reads it", () => {
  const listing = execFileSync("cpio", ["-itv", "--quiet"], { input: writeCpio(entries, 0) });
  expect(listing.toString()).toMatch(/^drwxr-xr-x .* etc\n-r--r--r-- .* 5 .* etc\/name\n/);
});

describe("refuses", () => {
  test.each([
    ["an absolute path", "etc/name", "/tc/name", "unsafe-path"],
    ["a path through ..", "etc/name", "../aname", "unsafe-path"],
    ["an empty part", "etc/name", "etc//ame", "unsafe-path"],
    ["a control character", "etc/name", "etc/n\nme", "unsafe-path"],
    ["a NUL inside a name", "etc/name", "etc\0name", "bad-field"],
    ["a directory that is not there", "etc/name", "usr/name", "no-parent"],
    ["another magic", "070701", "070702", "bad-magic"],
  ])("%s", (_, old, now, kind) => {
    expect(readCpio(patch(writeCpio(entries, 0), old, now))).toMatchObject({ problem: { kind } });
  });

  test("a name that comes twice", () => {
    const twice = [...entries, { kind: "directory", path: "etc", mode: 0o755 } as const];
    expect(readCpio(writeCpio(twice, 0))).toMatchObject({
      problem: { kind: "duplicate", path: "etc" },
    });
  });

  test.each([
    ["a device", "000021A4"],
    ["a symbolic link", "0000A1FF"],
    ["set-user-id", "000089ED"],
  ])("%s", (_, mode) => {
    expect(readCpio(setField(1, mode))).toMatchObject({ problem: { kind: "bad-type" } });
  });

  test.each([
    [2, "uid"],
    [3, "gid"],
    [4, "nlink"],
    [7, "devmajor"],
    [9, "rdevmajor"],
    [12, "check"],
  ])("field %i (%s) of another value", (index, field) => {
    expect(readCpio(setField(index, "00000009"))).toMatchObject({
      problem: { kind: "bad-field", at: 0, field },
    });
  });

  test("a size that points outside", () => {
    expect(readCpio(setField(6, "FFFFFFFF"))).toMatchObject({ problem: { kind: "truncated" } });
    expect(readCpio(setField(11, "FFFFFFFF"))).toMatchObject({ problem: { kind: "truncated" } });
  });

  test("data after the end", () => {
    const archive = writeCpio(entries, 0);
    const longer = new Uint8Array(archive.length + 512);
    longer.set(archive);
    expect(readCpio(longer)).toMatchObject({ problem: { kind: "trailing" } });
    archive[archive.length - 1] = 1;
    expect(readCpio(archive)).toMatchObject({ problem: { kind: "trailing" } });
  });

  test("every truncation, and never throws", () => {
    const archive = writeCpio(entries, 0);
    for (let length = 0; length < archive.length; length++) {
      expect(readCpio(archive.subarray(0, length)).ok).toBe(false);
    }
  });

  test("every flipped bit that contents do not show, but in the times", () => {
    const archive = writeCpio(entries, 0);
    const text = toByteString(archive);
    const tolerated = new Set<number>();
    for (let bit = 0; bit < archive.length * 8; bit++) {
      const flipped = archive.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const result = readCpio(flipped);
      // The manifest tells every other difference.
      if (result.ok && isDeepStrictEqual(result.value, entries)) {
        tolerated.add((bit >> 3) - text.lastIndexOf("070701", bit >> 3));
      }
    }
    const mtimeAt = 6 + 8 * headerFields.indexOf("mtime");
    expect([...tolerated].every((at) => at >= mtimeAt && at < mtimeAt + 8)).toBe(true);
  });
});

test("any bytes at all give an answer, not an exception", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      expect(readCpio(bytes).ok).toBe(false);
    }),
  );
});

test("any tree comes back as it was", () => {
  const file = fc.record({
    kind: fc.constant("file" as const),
    path: fc.stringMatching(/^[a-z\x80-\xff]{1,20}$/),
    mode: fc.integer({ min: 0, max: 0o777 }),
    data: fc.uint8Array({ maxLength: 50 }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(file, { selector: ({ path }) => path }), (files) => {
      expect(readCpio(writeCpio(files, 1))).toEqual({ ok: true, value: files });
    }),
  );
});
