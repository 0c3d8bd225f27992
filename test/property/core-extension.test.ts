import fc from "fast-check";
import { expect, test } from "vitest";
import { describeExtensionProblem } from "../../src/extension/describe-extension-problem.ts";
import { findFileSystem, proveFileSystem } from "../../src/image/disk-image/find-file-system.ts";
import { checkFile, checkRoots } from "../../src/image/extension/check-files.ts";
import { classRules, extensionClasses } from "../../src/image/extension/extension.ts";
import { matchRelease } from "../../src/image/extension/match-release.ts";
import { parseRecord } from "../../src/image/extension/parse-record.ts";
import { stringifyRecord } from "../../src/image/extension/record.ts";
import { makeRelease } from "../../src/image/release.ts";
import { makeDiskImage, makeVeritySignature, rootTypes } from "../fake/disk-image.ts";
import { sha256 } from "../fake/image-inputs.ts";
import { mutated, mutatedBytes } from "./mutations.ts";

/** A single data block, so that its hash is the root hash. */
const block = Buffer.alloc(512, "hsqs");
const superblock = Buffer.alloc(512);
superblock.write("verity\0\0\x01\0\0\0\x01", "latin1");
superblock.write("sha256", 32, "latin1");
superblock.writeUInt32LE(512, 64);
superblock.writeUInt32LE(512, 68);
superblock.writeUInt32LE(1, 72);
const rootHash = sha256(block);
const image = makeDiskImage(
  [block, superblock, makeVeritySignature(rootHash, block)].map((data, i) => ({
    type: rootTypes[i] ?? "",
    data,
  })),
);

function find(bytes: Uint8Array) {
  const claimed = findFileSystem(bytes, "x86_64");
  return claimed.ok ? proveFileSystem(claimed.value, sha256) : claimed;
}

test("an image is accepted only if it has the claimed root hash", () => {
  expect(find(image).ok).toBe(true);
  fc.assert(
    fc.property(mutatedBytes([image, block]), (bytes) => {
      const found = find(bytes);
      if (!found.ok) {
        expect(describeExtensionProblem(found.problem)).toMatch(/^it.*: /);
        return;
      }
      if (found.value.signature?.rootHash === rootHash) {
        expect(Buffer.compare(found.value.data, block)).toBe(0);
      }
    }),
    { numRuns: 3000 },
  );
});

test("a changed signed image is refused or claims another root hash", () => {
  fc.assert(
    fc.property(fc.nat(image.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = image.slice();
      changed[at] = (changed[at] ?? 0) ^ flip;
      const found = find(changed);
      if (found.ok && found.value.signature?.rootHash === rootHash) {
        expect(Buffer.compare(found.value.data, block)).toBe(0);
      }
    }),
    { numRuns: 3000 },
  );
});

test("no path leads out of an extension's directories", () => {
  const part = fc.oneof(
    fc.constantFrom("..", ".", "", "usr", "etc", "opt", "shutdown", "a"),
    fc.string({ unit: "binary", maxLength: 4 }),
  );
  const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
  fc.assert(
    fc.property(
      path,
      fc.nat(0o177777),
      fc.constantFrom(...extensionClasses),
      (path, mode, kind) => {
        const file = { path, mode, links: 1, size: 0, hasCapabilities: false };
        if (checkFile(file) !== undefined) return;
        expect([0o040000, 0o100000]).toContain(mode & 0o177000);
        const isFile = (mode & 0o170000) === 0o100000;
        const entry = isFile
          ? ({ kind: "file", path, mode: 0o444, data: block } as const)
          : ({ kind: "directory", path, mode: 0o755 } as const);
        if (checkRoots([entry], kind) !== undefined) return;
        const [top = "", ...rest] = path.split("/");
        expect(classRules[kind].roots).toContain(top);
        expect(rest.every((name) => name !== ".." && name !== "." && name !== "")).toBe(true);
      },
    ),
    { numRuns: 3000 },
  );
});

test("a release matches, or the field that differs is reported", () => {
  const good = "ID=exitrd\nSYSEXT_SCOPE='system initrd'\nSYSEXT_LEVEL=1\nARCHITECTURE=x86-64\n";
  const host = { release: makeRelease("1", 1), machine: "x86_64" };
  fc.assert(
    fc.property(mutated([good]), (text) => {
      const matched = matchRelease(text, "sysext", host);
      if (matched.ok) expect(text).toContain("initrd");
      else expect(describeExtensionProblem(matched.problem)).toContain(": use the extension");
    }),
    { numRuns: 2000 },
  );
});

test("a written record is parsed to the same, any other is rejected", () => {
  const record = stringifyRecord({
    format: 1,
    loaded: [
      {
        ...{
          name: "a",
          class: "sysext",
          version: "",
          sha256: rootHash,
          path: "/a\xe9.raw",
          signer: "",
        },
        entries: [{ path: "usr", mode: "0755" }],
      },
    ],
    refused: [{ path: "/b.raw", reason: "it is truncated" }],
  });
  expect(parseRecord(record)).toBeDefined();
  fc.assert(
    fc.property(mutated([record]), (text) => {
      const read = parseRecord(text);
      if (read !== undefined) expect(stringifyRecord(read)).toBe(text);
    }),
    { numRuns: 2000 },
  );
});
