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

/** Read-only ones, which the kernel also takes from where nothing could be repaired. */
export type FileSystemType = "squashfs" | "erofs";

export interface FoundFileSystem {
  readonly type: FileSystemType;
  readonly data: Uint8Array;
  /** Where it belongs: "usr/" for a partition of /usr. */
  readonly prefix: "" | "usr/";
  /** Whose root hash `data` has; undefined where there is no such signature. */
  readonly signature: VeritySignature | undefined;
  /** How its hash tree was made; undefined where there is no signature. */
  readonly superblock: VeritySuperblock | undefined;
}

/** Finds the file system in an extension's file: all of it, or a partition of a disk image. */
export function findFileSystem(
  file: Uint8Array,
  machine: string,
  digest: Digest,
): Checked<FoundFileSystem, FormProblem> {
  if (!hasPartitionTable(file)) return findType(file, "");
  const partitions = parsePartitionTable(file);
  return partitions.ok ? findPartition(partitions.value, machine, digest) : partitions;
}

/** The same among the partitions of a disk image. */
export function findPartition(
  partitions: readonly Partition[],
  machine: string,
  digest: Digest,
): Checked<FoundFileSystem, FormProblem> {
  const chosen = choosePartitions(partitions, machine);
  if (!chosen.ok) return chosen;
  const { data, prefix, verity, signature } = chosen.value;
  // Without a signature of its own, the whole file's may vouch for it.
  if (signature === undefined) return findType(data, prefix);
  if (verity === undefined) return refuse({ kind: "partitions", reason: "no-verity" });
  return findSigned(data, verity, signature, prefix, digest);
}

function findSigned(
  partition: Uint8Array,
  verity: Uint8Array,
  signature: Uint8Array,
  prefix: FoundFileSystem["prefix"],
  digest: Digest,
): Checked<FoundFileSystem, FormProblem> {
  const claim = parseVeritySignature(signature);
  if (!claim.ok) return claim;
  const superblock = parseVeritySuperblock(verity);
  if (!superblock.ok) return superblock;
  const data = checkVerity(partition, superblock.value, claim.value.rootHash, digest);
  return data.ok ? findType(data.value, prefix, claim.value, superblock.value) : data;
}

interface Chosen {
  readonly data: Uint8Array;
  readonly prefix: FoundFileSystem["prefix"];
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

/** By the magic numbers of linux/magic.h. */
function findType(
  data: Uint8Array,
  prefix: FoundFileSystem["prefix"],
  signature?: VeritySignature,
  superblock?: VeritySuperblock,
): Checked<FoundFileSystem, FormProblem> {
  const found = { data, prefix, signature, superblock };
  if (startsWith(data, 0, "hsqs")) return accept({ type: "squashfs", ...found });
  if (startsWith(data, 1024, "\xe2\xe1\xf5\xe0")) return accept({ type: "erofs", ...found });
  return refuse({ kind: "unknown-form" });
}
