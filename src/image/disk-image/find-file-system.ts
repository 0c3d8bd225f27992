import { accept, type Checked, refuse } from "../../text/checked.ts";
import type { Digest } from "../manifest.ts";
import type { FormProblem } from "./form-problem.ts";
import {
  hasPartitionTable,
  type Partition,
  parsePartitionTable,
  startsWith,
} from "./partition-table.ts";
import { listPartitionTypes } from "./partition-types.ts";
import { checkVerity, parseVeritySuperblock, type VeritySuperblock } from "./verity.ts";
import { parseVeritySignature, type VeritySignature } from "./verity-signature.ts";

/** Read-only file systems, which the kernel mounts without repairing anything. */
export type FileSystemType = "squashfs" | "erofs";

interface FileSystem {
  readonly type: FileSystemType;
  /** Where it belongs: "usr/" for a partition of /usr. */
  readonly prefix: "" | "usr/";
}

/** A file system whose contents have not been compared with the claimed root hash yet. */
export interface ClaimedFileSystem extends FileSystem {
  /** The whole partition, or the whole file. */
  readonly partition: Uint8Array;
  /** Undefined if no root hash is claimed. */
  readonly claim: Claim | undefined;
}

interface Claim {
  readonly signature: VeritySignature;
  /** The parameters of the hash tree. They are not signed, only the root hash is. */
  readonly superblock: VeritySuperblock;
}

export interface FoundFileSystem extends FileSystem {
  readonly data: Uint8Array;
  /** The signature with the root hash of `data`; undefined if there is none. */
  readonly signature: VeritySignature | undefined;
  /** The parameters of its hash tree; undefined without a signature. */
  readonly superblock: VeritySuperblock | undefined;
}

/**
 * Finds the file system in an extension's file: all of it, or a partition of a disk image.
 * Does not hash anything, so that the signer of the claimed root hash can be judged first.
 */
export function findFileSystem(
  file: Uint8Array,
  machine: string,
): Checked<ClaimedFileSystem, FormProblem> {
  if (!hasPartitionTable(file)) return findType(file, "", undefined);
  const partitions = parsePartitionTable(file);
  return partitions.ok ? findPartition(partitions.value, machine) : partitions;
}

/** Compares the contents with the claimed root hash, if there is one. */
export function proveFileSystem(
  { type, prefix, partition, claim }: ClaimedFileSystem,
  digest: Digest,
): Checked<FoundFileSystem, FormProblem> {
  if (claim === undefined) {
    return accept({ type, prefix, data: partition, signature: undefined, superblock: undefined });
  }
  const { signature, superblock } = claim;
  const data = checkVerity(partition, superblock, signature.rootHash, digest);
  return data.ok ? accept({ type, prefix, data: data.value, signature, superblock }) : data;
}

/** The same among the partitions of a disk image. */
export function findPartition(
  partitions: readonly Partition[],
  machine: string,
): Checked<ClaimedFileSystem, FormProblem> {
  const chosen = choosePartitions(partitions, machine);
  if (!chosen.ok) return chosen;
  const { data, prefix, verity, signature } = chosen.value;
  // Without a signature partition, a detached signature of the whole file may be used.
  if (signature === undefined) return findType(data, prefix, undefined);
  if (verity === undefined) return refuse({ kind: "partitions", reason: "no-verity" });
  const claim = parseVeritySignature(signature);
  if (!claim.ok) return claim;
  const superblock = parseVeritySuperblock(verity);
  if (!superblock.ok) return superblock;
  return findType(data, prefix, { signature: claim.value, superblock: superblock.value });
}

interface Chosen {
  readonly data: Uint8Array;
  readonly prefix: FileSystem["prefix"];
  readonly verity: Uint8Array | undefined;
  readonly signature: Uint8Array | undefined;
}

function choosePartitions(
  partitions: readonly Partition[],
  machine: string,
): Checked<Chosen, FormProblem> {
  const prefixes = ["", "usr/"] as const;
  const found = listPartitionTypes(machine).flatMap((types, i) => {
    const list = (type: string) => partitions.filter((partition) => partition.type === type);
    const [data, verity, signature] = [types.data, types.verity, types.signature].map(list);
    const all = { data: data ?? [], verity: verity ?? [], signature: signature ?? [] };
    return all.data.length === 0 ? [] : [{ ...all, prefix: prefixes[i] ?? "" }];
  });
  const [only, ...others] = found;
  if (only === undefined) return refuse({ kind: "partitions", reason: "none" });
  const { data, verity, signature, prefix } = only;
  const isAmbiguous = [data, verity, signature].some((list) => list.length > 1);
  const [first] = data;
  if (isAmbiguous || others.length > 0 || first === undefined) {
    return refuse({ kind: "partitions", reason: "ambiguous" });
  }
  const chosen = { data: first.data, verity: verity[0]?.data, signature: signature[0]?.data };
  return accept({ ...chosen, prefix });
}

/** Whether it is a file system of a known type, as a whole. */
export function hasFileSystem(file: Uint8Array): boolean {
  return findType(file, "", undefined).ok;
}

/** By the magic numbers of linux/magic.h. */
function findType(
  partition: Uint8Array,
  prefix: FileSystem["prefix"],
  claim: Claim | undefined,
): Checked<ClaimedFileSystem, FormProblem> {
  const found = { partition, prefix, claim };
  if (startsWith(partition, 0, "hsqs")) return accept({ type: "squashfs", ...found });
  if (startsWith(partition, 1024, "\xe2\xe1\xf5\xe0")) return accept({ type: "erofs", ...found });
  return refuse({ kind: "unknown-form" });
}
