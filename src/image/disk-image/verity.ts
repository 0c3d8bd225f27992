import { accept, type Checked, refuse } from "../../text/checked.ts";
import { readByteString, readU64, writeByteString, writeU64 } from "../../text/struct-bytes.ts";
import type { Digest } from "../manifest.ts";
import type { FormProblem } from "./form-problem.ts";
import { startsWith } from "./partition-table.ts";

/** The parameters of a hash tree: cryptsetup's superblock (lib/verity/verity.c), with SHA-256. */
export interface VeritySuperblock {
  readonly dataBlockSize: number;
  readonly hashBlockSize: number;
  readonly dataBlocks: number;
  readonly salt: Uint8Array;
}

const superblockSize = 512;
const digestSize = 32;
const longestSalt = 256;

/** Reads the superblock that a hash partition begins with. */
export function parseVeritySuperblock(
  partition: Uint8Array,
): Checked<VeritySuperblock, FormProblem> {
  if (partition.length < superblockSize) return refuse({ kind: "verity", reason: "truncated" });
  const view = new DataView(partition.buffer, partition.byteOffset, superblockSize);
  const isKnown = view.getUint32(8, true) === 1 && view.getUint32(12, true) === 1;
  if (!startsWith(partition, 0, "verity\0\0") || !isKnown) {
    return refuse({ kind: "verity", reason: "bad-superblock" });
  }
  if (readByteString(view, 32, 32) !== "sha256") {
    return refuse({ kind: "verity", reason: "unknown-hash" });
  }
  const [dataBlockSize, hashBlockSize] = [view.getUint32(64, true), view.getUint32(68, true)];
  const dataBlocks = readU64(view, 72);
  const saltSize = view.getUint16(80, true);
  const isSound = isBlockSize(dataBlockSize) && isBlockSize(hashBlockSize) && dataBlocks > 0;
  if (!isSound || saltSize > longestSalt) {
    return refuse({ kind: "verity", reason: "bad-superblock" });
  }
  const salt = partition.subarray(88, 88 + saltSize);
  return accept({ dataBlockSize, hashBlockSize, dataBlocks, salt });
}

function isBlockSize(size: number): boolean {
  return size >= 512 && size <= 65_536 && (size & (size - 1)) === 0;
}

/**
 * The part of `partition` that its hash tree covers, if the tree over it has
 * the root `rootHash` (lower-case hexadecimal digits).
 *
 * The tree is computed from the data, all of which is read anyway, instead of being read from the
 * hash partition: nothing unsigned is trusted.
 */
export function checkVerity(
  partition: Uint8Array,
  superblock: VeritySuperblock,
  rootHash: string,
  digest: Digest,
): Checked<Uint8Array, FormProblem> {
  const size = superblock.dataBlocks * superblock.dataBlockSize;
  if (size > partition.length) return refuse({ kind: "verity", reason: "truncated" });
  const data = partition.subarray(0, size);
  const found = findRootHash(data, superblock, digest);
  return found === rootHash ? accept(data) : refuse({ kind: "verity", reason: "changed" });
}

function findRootHash(data: Uint8Array, superblock: VeritySuperblock, digest: Digest): string {
  return growTree(data, superblock, digest).rootHash;
}

export interface HashTree {
  /** 64 lower-case hexadecimal digits. */
  readonly rootHash: string;
  /** The blocks of each level, the uppermost first, as the kernel reads them. */
  readonly levels: readonly Uint8Array[];
}

/** Makes the tree over whole blocks (Documentation/admin-guide/device-mapper/verity.rst, "Hash Tree"). */
export function growTree(
  data: Uint8Array,
  { dataBlockSize, hashBlockSize, salt }: VeritySuperblock,
  digest: Digest,
): HashTree {
  const levels: Uint8Array[] = [];
  let digests = hashBlocks(data, dataBlockSize, salt, digest);
  for (;;) {
    const [first] = digests;
    if (first === undefined) throw new Error("a tree over nothing");
    if (digests.length === 1) return { rootHash: first, levels };
    const level = packDigests(digests, hashBlockSize);
    levels.unshift(level);
    digests = hashBlocks(level, hashBlockSize, salt, digest);
  }
}

/** The superblock at the beginning of a hash partition, padded to whole hash blocks. */
export function makeVeritySuperblock(superblock: VeritySuperblock, uuid: Uint8Array): Uint8Array {
  const { dataBlockSize, hashBlockSize, dataBlocks, salt } = superblock;
  const bytes = new Uint8Array(Math.ceil(superblockSize / hashBlockSize) * hashBlockSize);
  const view = new DataView(bytes.buffer);
  writeByteString(view, 0, 7, "verity");
  // The version of the superblock, and that of the tree.
  view.setUint32(8, 1, true);
  view.setUint32(12, 1, true);
  bytes.set(uuid, 16);
  writeByteString(view, 32, 32, "sha256");
  view.setUint32(64, dataBlockSize, true);
  view.setUint32(68, hashBlockSize, true);
  writeU64(view, 72, dataBlocks);
  view.setUint16(80, salt.length, true);
  bytes.set(salt, 88);
  return bytes;
}

function hashBlocks(
  data: Uint8Array,
  blockSize: number,
  salt: Uint8Array,
  digest: Digest,
): readonly string[] {
  const digests: string[] = [];
  const salted = new Uint8Array(salt.length + blockSize);
  salted.set(salt);
  for (let at = 0; at < data.length; at += blockSize) {
    salted.set(data.subarray(at, at + blockSize), salt.length);
    digests.push(digest(salted));
  }
  return digests;
}

/** Packs the hashes into whole blocks; the last one is padded with zeros. */
function packDigests(digests: readonly string[], blockSize: number): Uint8Array {
  const perBlock = blockSize / digestSize;
  const packed = new Uint8Array(Math.ceil(digests.length / perBlock) * blockSize);
  digests.forEach((text, i) => {
    for (let byte = 0; byte < digestSize; byte++) {
      packed[i * digestSize + byte] = Number.parseInt(text.slice(2 * byte, 2 * byte + 2), 16);
    }
  });
  return packed;
}
