import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { findFileSystem, proveFileSystem } from "../../src/image/disk-image/find-file-system.ts";
import {
  makeDiskImage,
  makeVeritySignature,
  type PartitionContents,
  rootTypes,
  usrTypes,
} from "../fake/disk-image.ts";
import { sha256 } from "../fake/image-inputs.ts";

const block = 4096;
// Enough data for two levels: a hash block holds 128 digests.
const squashfs = Buffer.alloc(block * 200, "hsqs contents ");
const salt = Buffer.from("a salt of some bytes");

function hash(...parts: readonly Uint8Array[]): Buffer {
  const made = createHash("sha256");
  for (const part of parts) made.update(part);
  return made.digest();
}

/**
 * As the kernel's documentation says: the salt precedes the data, unused space in a hash block is
 * zero.
 */
function findRoot(data: Buffer): Buffer {
  const level: Buffer[] = [];
  for (let at = 0; at < data.length; at += block) {
    level.push(hash(salt, data.subarray(at, at + block)));
  }
  const [only] = level;
  if (level.length === 1 && only !== undefined) return only;
  const packed = Buffer.concat(level);
  return findRoot(Buffer.concat([packed, Buffer.alloc(-packed.length & (block - 1))]));
}

function makeSuperblock(blocks = 200, algorithm = "sha256"): Uint8Array {
  const superblock = Buffer.alloc(block);
  superblock.write("verity\0\0", "latin1");
  superblock.writeUInt32LE(1, 8);
  superblock.writeUInt32LE(1, 12);
  superblock.write(algorithm, 32, "latin1");
  superblock.writeUInt32LE(block, 64);
  superblock.writeUInt32LE(block, 68);
  superblock.writeBigUInt64LE(BigInt(blocks), 72);
  superblock.writeUInt16LE(salt.length, 80);
  superblock.set(salt, 88);
  return superblock;
}

const rootHash = findRoot(squashfs).toString("hex");
const signature = makeVeritySignature(rootHash.toUpperCase(), Uint8Array.of(1, 2, 3));

function makeImage(
  parts: { readonly [K in "data" | "verity" | "signature"]?: Uint8Array | null } = {},
  types: readonly string[] = rootTypes,
): Uint8Array {
  const all = { data: squashfs, verity: makeSuperblock(), signature, ...parts };
  const contents = [all.data, all.verity, all.signature].flatMap((data, i): PartitionContents[] =>
    data === null ? [] : [{ type: types[i] ?? "", data }],
  );
  return makeDiskImage(contents);
}

function find(image: Uint8Array, machine = "x86_64") {
  const claimed = findFileSystem(image, machine);
  return claimed.ok ? proveFileSystem(claimed.value, sha256) : claimed;
}

test("the signed part of a root partition is found", () => {
  // Data after the covered blocks belongs to nothing.
  const data = Buffer.concat([squashfs, Buffer.alloc(block, "stray")]);
  const found = find(makeImage({ data }));
  if (!found.ok) throw new Error(JSON.stringify(found.problem));
  expect(found.value).toMatchObject({ type: "squashfs", prefix: "" });
  expect(found.value.signature).toEqual({ rootHash, signature: Uint8Array.of(1, 2, 3) });
  expect(Buffer.compare(found.value.data, squashfs)).toBe(0);
});

test("a partition of /usr belongs below usr/", () => {
  expect(find(makeImage({}, usrTypes))).toMatchObject({ value: { prefix: "usr/" } });
});

test("a signature of almost 1 MiB is refused, which script would decode for seconds", () => {
  const found = find(
    makeImage({ signature: makeVeritySignature(rootHash, new Uint8Array(700_000)) }),
  );
  expect(found).toMatchObject({ problem: { kind: "verity-signature", reason: "signature" } });
});

test("without a signature partition the whole file may be signed", () => {
  const found = find(makeImage({ verity: null, signature: null }));
  expect(found).toMatchObject({ ok: true, value: { signature: undefined } });
});

test("a bare squashfs or erofs is accepted", () => {
  expect(find(squashfs)).toMatchObject({ value: { type: "squashfs" } });
  const erofs = Buffer.alloc(block);
  erofs.writeUInt32LE(0xe0f5e1e2, 1024);
  expect(find(erofs)).toMatchObject({ value: { type: "erofs" } });
});

describe("it is refused with", () => {
  const changed = Buffer.from(squashfs);
  changed[100_000] = 0;
  const ext4 = Buffer.alloc(block * 200);
  const json = (text: string) => ({ signature: Buffer.from(`${text}\0`) });

  test.each<[string, Uint8Array, object]>([
    ["one changed byte", makeImage({ data: changed }), { kind: "verity", reason: "changed" }],
    ["fewer blocks than signed", makeImage({ verity: makeSuperblock(199) }), { reason: "changed" }],
    ["more blocks than there are", makeImage({ verity: makeSuperblock(999) }), { kind: "verity" }],
    [
      "another hash",
      makeImage({ verity: makeSuperblock(200, "sha512") }),
      { reason: "unknown-hash" },
    ],
    ["no superblock", makeImage({ verity: Buffer.alloc(block) }), { reason: "bad-superblock" }],
    ["a signature without a tree", makeImage({ verity: null }), { reason: "no-verity" }],
    [
      "another root hash",
      makeImage({ signature: makeVeritySignature("0".repeat(64), salt) }),
      { reason: "changed" },
    ],
    ["no JSON", makeImage(json("{")), { kind: "verity-signature", reason: "no-json" }],
    ["null", makeImage(json("null")), { reason: "no-json" }],
    ["no root hash", makeImage(json('{"signature":"AA=="}')), { reason: "root-hash" }],
    [
      "bad Base64",
      makeImage(json(`{"rootHash":"${rootHash}","signature":"A"}`)),
      { reason: "signature" },
    ],
    [
      "another file system",
      makeDiskImage([{ type: rootTypes[0], data: ext4 }]),
      { kind: "unknown-form" },
    ],
    ["no partition", makeDiskImage([]), { kind: "partitions", reason: "none" }],
    ["nothing", new Uint8Array(0), { kind: "unknown-form" }],
    ["a truncated table", makeImage().subarray(0, 600), { kind: "table", reason: "truncated" }],
    ["its last byte missing", makeImage().subarray(0, -1), { kind: "table", reason: "truncated" }],
  ])("%s", (_, image, problem) => {
    expect(find(image)).toMatchObject({ ok: false, problem });
  });

  test("two root partitions, or one and a /usr", () => {
    const root = { type: rootTypes[0], data: squashfs };
    const ambiguous = { problem: { kind: "partitions", reason: "ambiguous" } };
    expect(find(makeDiskImage([root, root]))).toMatchObject(ambiguous);
    expect(find(makeDiskImage([root, { ...root, type: usrTypes[0] }]))).toMatchObject(ambiguous);
  });

  test("another architecture's partitions", () => {
    expect(find(makeImage(), "aarch64")).toMatchObject({ problem: { reason: "none" } });
    expect(find(makeImage(), "riscv64")).toMatchObject({ problem: { reason: "none" } });
  });
});
