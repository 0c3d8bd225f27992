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
  { kind: "link", path: "etc/link", mode: 0o777, target: "../etc/name" },
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

test("a written archive is read back unchanged", () => {
  expect(readCpio(writeCpio(entries, 0))).toEqual({ ok: true, value: entries });
});

test("the same entries give the same bytes, and the time is in every header", () => {
  expect(writeCpio(entries, 7)).toEqual(writeCpio(entries, 7));
  expect(toByteString(writeCpio(entries, 7)).split("00000007").length - 1).toBe(4);
});

test("cpio(1) reads it", () => {
  const listing = execFileSync("cpio", ["-itv", "--quiet"], { input: writeCpio(entries, 0) });
  expect(listing.toString()).toMatch(
    /^drwxr-xr-x .* etc\n-r--r--r-- .* 5 .* etc\/name\nl.* etc\/link -> \.\.\/etc\/name\n/,
  );
});

describe("refuses", () => {
  test.each([
    ["an absolute path", "etc/name", "/tc/name", "unsafe-path"],
    ["a path through ..", "etc/name", "../aname", "unsafe-path"],
    ["an empty part", "etc/name", "etc//ame", "unsafe-path"],
    ["a control character", "etc/name", "etc/n\nme", "unsafe-path"],
    ["a NUL inside a name", "etc/name", "etc\0name", "bad-field"],
    ["a missing directory", "etc/name", "usr/name", "no-parent"],
    ["another magic", "070701", "070702", "bad-magic"],
  ])("%s", (_, old, now, kind) => {
    expect(readCpio(patch(writeCpio(entries, 0), old, now))).toMatchObject({ problem: { kind } });
  });

  test("a duplicate name", () => {
    const twice = [...entries, { kind: "directory", path: "etc", mode: 0o755 } as const];
    expect(readCpio(writeCpio(twice, 0))).toMatchObject({
      problem: { kind: "duplicate", path: "etc" },
    });
  });

  test.each([
    ["a device", "000021A4"],
    ["a symbolic link with permissions", "0000A1ED"],
    ["set-user-id", "000089ED"],
  ])("%s", (_, mode) => {
    expect(readCpio(setField(1, mode))).toMatchObject({ problem: { kind: "bad-type" } });
  });

  test.each(["/etc/name", "../../name", "./name", "x/../../name", "x//name", "", "..", "a\n"])(
    "a link to %j",
    (target) => {
      const link = { kind: "link", path: "link", mode: 0o777, target } as const;
      expect(readCpio(writeCpio([link], 0))).toMatchObject({
        problem: { kind: "unsafe-link", path: "link" },
      });
    },
  );

  test("a link with a target so long that, truncated, it would lead out of the tree", () => {
    const target = `../${"x/".repeat(2045)}..x`;
    const link = { kind: "link", path: "etc/long", mode: 0o777, target } as const;
    expect(target.slice(0, 4095)).toMatch(/\/\.\.$/);
    expect(readCpio(writeCpio([...entries, link], 0))).toMatchObject({
      problem: { kind: "unsafe-link", path: "etc/long" },
    });
  });

  test("an entry below a link", () => {
    const below = [
      ...[entries[0], { kind: "link", path: "conf", mode: 0o777, target: "etc" }],
      { kind: "file", path: "conf/name", mode: 0o444, data: toBytes("") },
    ] as readonly CpioEntry[];
    expect(readCpio(writeCpio(below, 0))).toMatchObject({
      problem: { kind: "no-parent", path: "conf/name" },
    });
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

  test("every flipped bit outside of file contents and times", () => {
    const archive = writeCpio(entries, 0);
    const text = toByteString(archive);
    const tolerated = new Set<number>();
    for (let bit = 0; bit < archive.length * 8; bit++) {
      const flipped = archive.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const result = readCpio(flipped);
      // The manifest detects every other difference.
      if (result.ok && isDeepStrictEqual(result.value, entries)) {
        tolerated.add((bit >> 3) - text.lastIndexOf("070701", bit >> 3));
      }
    }
    const mtimeAt = 6 + 8 * headerFields.indexOf("mtime");
    expect([...tolerated].every((at) => at >= mtimeAt && at < mtimeAt + 8)).toBe(true);
  });
});

test("any bytes yield a result, never an exception", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      expect(readCpio(bytes).ok).toBe(false);
    }),
  );
});

test("any tree is read back unchanged", () => {
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
