import { base64, hex } from "@scure/base";
import { joinBytes, toBytes } from "../../text/bytes.ts";
import { accept, type Checked, refuse } from "../../text/checked.ts";
import { manifestPath } from "../../text/tree-paths.ts";
import type { CpioEntry } from "../cpio-entry.ts";
import { blockSize } from "../erofs-layout.ts";
import type { Digest } from "../manifest.ts";
import type { ImageProblem } from "../problem.ts";
import { readErofs } from "../read-erofs.ts";
import { writeErofs } from "../write-erofs.ts";
import { type ClaimedFileSystem, findPartition, proveFileSystem } from "./find-file-system.ts";
import type { FormProblem } from "./form-problem.ts";
import { parsePartitionTable } from "./partition-table.ts";
import { listMachines, listPartitionTypes } from "./partition-types.ts";
import { growTree, makeVeritySuperblock, type VeritySuperblock } from "./verity.ts";
import type { VeritySignature } from "./verity-signature.ts";
import { alignment, writeDiskImage } from "./write-partition-table.ts";

/** A tree as a file system with its hash tree, ready for dm-verity. */
export interface SealedTree {
  /** EROFS, in whole blocks. */
  readonly data: Uint8Array;
  readonly superblock: VeritySuperblock;
  /** The blocks of the hash tree, the uppermost level first. */
  readonly levels: readonly Uint8Array[];
  /** 64 lower-case hexadecimal digits. */
  readonly rootHash: string;
}

export interface SealedImage {
  readonly tree: SealedTree;
  /** PKCS#7, DER, detached, over the text of the root hash. */
  readonly signature: Uint8Array;
}

export interface ReadSealed {
  readonly sealed: SealedImage;
  readonly entries: readonly CpioEntry[];
}

/** Makes the file system and its hash tree, without a salt: the same entries give the same root hash. */
export function sealTree(entries: readonly CpioEntry[], digest: Digest): SealedTree {
  const manifest = entries.find(({ path }) => path === manifestPath);
  if (manifest?.kind !== "file") throw new Error("a checked image has no manifest");
  return growSealed(writeErofs(entries, makeUuid(digest(manifest.data))), digest);
}

function growSealed(data: Uint8Array, digest: Digest): SealedTree {
  const superblock = {
    dataBlockSize: blockSize,
    hashBlockSize: blockSize,
    dataBlocks: data.length / blockSize,
    salt: new Uint8Array(0),
  };
  return { data, superblock, ...growTree(data, superblock, digest) };
}

/**
 * Writes a disk image with the three partitions that the Discoverable Partitions Specification
 * defines for a root; undefined for a machine without such types. `fingerprint` is the SHA-256 of
 * the signer's certificate.
 */
export function writeSealedImage(
  { data, superblock, levels, rootHash }: SealedTree,
  signature: Uint8Array,
  fingerprint: string,
  machine: string,
): Uint8Array<ArrayBuffer> | undefined {
  const [types] = listPartitionTypes(machine);
  if (types === undefined) return undefined;
  const [dataUuid, verityUuid] = [rootHash.slice(0, 32), rootHash.slice(32)].map(hex.decode);
  if (dataUuid === undefined || verityUuid === undefined) throw new Error("two halves, less parts");
  const text = JSON.stringify({
    rootHash,
    certificateFingerprint: fingerprint,
    signature: base64.encode(signature),
  });
  const partitions = [
    { type: types.data, uuid: dataUuid, name: "exitrd", data },
    {
      ...{ type: types.verity, uuid: verityUuid, name: "exitrd-verity" },
      data: join([makeVeritySuperblock(superblock, verityUuid), ...levels]),
    },
    {
      ...{ type: types.signature, uuid: makeUuid(hex.encode(signature.subarray(-16))) },
      ...{ name: "exitrd-verity-sig", data: join([toBytes(text)]) },
    },
  ];
  return writeDiskImage(partitions, makeUuid(rootHash));
}

/**
 * Reads such a disk image, for any machine, and checks its contents against its root hash, but not
 * the signature of that.
 */
export function readSealedImage(
  file: Uint8Array,
  digest: Digest,
): Checked<ReadSealed, ImageProblem> {
  const claimed = findOfAnyMachine(file);
  if (!claimed.ok) return claimed;
  const found = proveFileSystem(claimed.value, digest);
  if (!found.ok) return found;
  const { data, signature, superblock, type, prefix } = found.value;
  if (signature === undefined || superblock === undefined) {
    return refuse({ kind: "partitions", reason: "no-signature" });
  }
  const tree = growSealed(data, digest);
  // Another program wrote it if the block size, salt or type differs.
  const isOurs = type === "erofs" && prefix === "" && tree.rootHash === signature.rootHash;
  if (!isOurs) return refuse({ kind: "not-ours" });
  const entries = readErofs(data);
  if (!entries.ok) return entries;
  const sealed = { tree, signature: signature.signature };
  return accept({ sealed, entries: entries.value });
}

/** The signature of a disk image's root hash, and the contents that claim to match it. */
export interface SealClaim {
  readonly signature: VeritySignature;
  readonly contents: ClaimedFileSystem;
}

/**
 * Reads the signature in a disk image without hashing anything: once the signature has been
 * verified, `proveFileSystem` compares the contents with the root hash.
 */
export function readSealClaim(file: Uint8Array): Checked<SealClaim, FormProblem> {
  const found = findOfAnyMachine(file);
  if (!found.ok) return found;
  const contents = found.value;
  return contents.claim === undefined
    ? refuse({ kind: "partitions", reason: "no-signature" })
    : accept({ signature: contents.claim.signature, contents });
}

function findOfAnyMachine(file: Uint8Array): Checked<ClaimedFileSystem, FormProblem> {
  const partitions = parsePartitionTable(file);
  if (!partitions.ok) return partitions;
  const machine = listMachines().find((one) => {
    const types = new Set(listPartitionTypes(one).map(({ data }) => data));
    return partitions.value.some(({ type }) => types.has(type));
  });
  return machine === undefined
    ? refuse({ kind: "partitions", reason: "none" })
    : findPartition(partitions.value, machine);
}

/** Concatenates the parts and pads them to whole blocks. */
function join(pieces: readonly Uint8Array[]): Uint8Array {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return joinBytes([...pieces, new Uint8Array(-length & (alignment - 1))]);
}

/** A UUID from the first 32 hexadecimal digits, marked as version 8, custom (RFC 9562, 5.8). */
function makeUuid(digits: string): Uint8Array {
  const bytes = hex.decode(digits.slice(0, 32));
  bytes.forEach((byte, i) => {
    if (i === 6) bytes[i] = (byte & 0x0f) | 0x80;
    if (i === 8) bytes[i] = (byte & 0x3f) | 0x80;
  });
  return bytes;
}
