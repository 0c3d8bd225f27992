import type { Digests, FileWriter } from "../port/loader.ts";
import { attempt, trySys } from "../port/sys-error.ts";
import type { RecordPlace } from "../teardown/record/place.ts";
import {
  decodeSlot,
  encodeEmptyFile,
  looksLikeRecordFile,
  SLOT_COUNT,
  type Slot,
} from "../teardown/record/slots.ts";
import { type Checked, refuse } from "../text/checked.ts";
import type { RecordStore } from "../text/policies.ts";
import { findPartitionPlace } from "./find-partition-place.ts";
import {
  checkMount,
  type FoundPlace,
  findMountOf,
  findPlace,
  type PlacePorts,
} from "./find-place.ts";
import type { PlaceProblem } from "./place-problem.ts";

export interface PreparePorts extends PlacePorts {
  readonly writableFiles: Pick<FileWriter, "replaceFile">;
  readonly digests: Pick<Digests, "sha256">;
}

const FILE_NAME = "exitrd.record";

/** The directories of each store, the most likely first. */
const FOLDERS: Readonly<Record<RecordStore, readonly string[]>> = {
  partition: [],
  esp: ["/efi", "/boot/efi", "/boot"],
  boot: ["/boot"],
  root: ["/var/lib/exitrd"],
  pstore: [],
  efivar: [],
  ipmi: [],
};

/** A place that cannot take the record. */
export interface Tried {
  /** A path, the name of a partition, or a store that this machine does not have. */
  readonly where: string;
  readonly problem: PlaceProblem;
}

export interface Chosen {
  /** A path, or the name of a partition. */
  readonly where: string;
  readonly fsType: string | undefined;
  readonly found: FoundPlace;
}

/** The paths that may contain a record, existing or not. */
export function listRecordPaths(
  stores: readonly RecordStore[],
  ports: PlacePorts,
): readonly string[] {
  return stores.flatMap((store) => listFolders(store, ports)).map((dir) => `${dir}/${FILE_NAME}`);
}

/** Whether a path is in one of these stores, mounted or not. */
export function isRecordPath(path: string, stores: readonly RecordStore[]): boolean {
  return stores.some((store) => FOLDERS[store].some((dir) => path === `${dir}/${FILE_NAME}`));
}

function listFolders(store: RecordStore, { reader, files }: PlacePorts): readonly string[] {
  return FOLDERS[store].filter((dir) => {
    // Listing the directory triggers an automount.
    if (attempt(() => files.readDir(dir)) === undefined) return false;
    if (store !== "esp") return true;
    const mount = findMountOf(dir, reader);
    return mount?.target === dir && mount.fsType === "vfat";
  });
}

/**
 * Chooses the first place that can take a record, and returns the rejected places before it. With
 * `mayCreate`, a missing or unusable file is created anew.
 */
export function choosePlace(
  stores: readonly RecordStore[],
  mayCreate: boolean,
  ports: PreparePorts,
): { readonly chosen: Chosen | undefined; readonly tried: readonly Tried[] } {
  const tried: Tried[] = [];
  if (stores.includes("partition")) {
    const partition = findPartitionPlace(mayCreate, ports);
    if (partition?.ok) return { chosen: partition.value, tried };
    tried.push(partition?.problem ?? sayAbsent("partition"));
  }
  for (const store of stores) {
    const paths = listRecordPaths([store], ports);
    if (paths.length === 0 && FOLDERS[store].length > 0) tried.push(sayAbsent(store));
    for (const path of paths) {
      const found = mayCreate ? provide(path, ports) : findPlace(path, ports);
      const fsType = findMountOf(path, ports.reader)?.fsType;
      if (found.ok) return { chosen: { where: path, fsType, found: found.value }, tried };
      tried.push({ where: path, problem: found.problem });
    }
  }
  return { chosen: undefined, tried };
}

function sayAbsent(store: RecordStore): Tried {
  return { where: store, problem: { kind: "absent" } };
}

function provide(path: string, ports: PreparePorts): Checked<FoundPlace, PlaceProblem> {
  const mount = findMountOf(path, ports.reader);
  if (mount === undefined) return refuse({ kind: "no-partition" });
  const usable = checkMount(mount, ports.reader);
  if (!usable.ok) return usable;
  const first = findPlace(path, ports);
  if (first.ok || !mayReplace(path, ports)) return first;
  // Only one attempt: a file system that fragments a new file would fragment the next one, too.
  const made = trySys(() =>
    ports.writableFiles.replaceFile(path, encodeEmptyFile(makeNonce(ports)), 0o600),
  );
  return made.ok ? findPlace(path, ports) : refuse({ kind: "error", words: made.problem.words });
}

/** Whether the path is free, or a record file of ours in any condition. */
function mayReplace(path: string, { files }: PreparePorts): boolean {
  const status = files.status(path);
  if (status === undefined) return true;
  if (status.kind !== "file") return false;
  const contents = attempt(() => files.readBytes(path, 1 << 20));
  return contents !== undefined && looksLikeRecordFile(contents);
}

/** 122 random bits (random(4)), in hexadecimal. */
export function makeNonce({ reader }: Pick<PlacePorts, "reader">): string {
  return reader.readText("/proc/sys/kernel/random/uuid").trim().replaceAll("-", "");
}

/** Decodes all slots of a place. */
export function readSlots(
  contents: Uint8Array,
  { sha256 }: Pick<Digests, "sha256">,
): readonly Slot[] {
  return Array.from({ length: SLOT_COUNT }, (_, slot) => decodeSlot(contents, slot, sha256));
}

/**
 * The place as PID 1 needs it: a slot other than that of the newest record, and the next sequence
 * number.
 */
export function describePlace(
  { found }: Chosen,
  slots: readonly Slot[],
  machine: string | undefined,
): RecordPlace {
  const sequences = slots.map((slot) => (slot.kind === "whole" ? slot.sequence : 0));
  const newest = Math.max(...sequences);
  const { partition, offset, nonce } = found;
  const { name, dev, start, size, diskSequence } = partition;
  return {
    ...{ partition: name, dev, start, size, diskSequence, offset, nonce },
    // We never write the same sequence number twice; for slots that have the same, the first is
    // used.
    slot: Math.max(
      0,
      sequences.findIndex((sequence) => sequence !== newest || newest === 0),
    ),
    sequence: newest + 1,
    ...(machine === undefined ? {} : { machine }),
  };
}
