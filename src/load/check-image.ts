import { checkEntries } from "../image/check-entries.ts";
import type { CpioEntry } from "../image/cpio-entry.ts";
import { hasPartitionTable } from "../image/disk-image/partition-table.ts";
import { readSealedImage, type SealedImage } from "../image/disk-image/sealed-image.ts";
import { largestImage, type Manifest } from "../image/manifest.ts";
import type { ImageProblem } from "../image/problem.ts";
import { readCpio } from "../image/read-cpio.ts";
import type { Codec } from "../port/loader.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";

export interface CheckedImage {
  readonly manifest: Manifest;
  /** In the order of unpacking. */
  readonly entries: readonly CpioEntry[];
  /** Bytes of the unpacked archive, or of the file system in a sealed image. */
  readonly unpackedSize: number;
  /** The tree for dm-verity; undefined for an archive. */
  readonly sealed: SealedImage | undefined;
}

/**
 * Unpacks an image, archive or sealed, in memory and checks all of it before anything is written.
 * `machine` is the architecture as printed by uname -m, or undefined to accept any.
 */
export function checkImage(
  image: Uint8Array,
  machine: string | undefined,
  codec: Codec,
): Checked<CheckedImage, ImageProblem> {
  const read = isSealed(image) ? readSealed(image, codec) : readArchive(image, codec);
  if (!read.ok) return read;
  const manifest = checkEntries(read.value.entries, machine, codec.sha256);
  return manifest.ok ? accept({ manifest: manifest.value, ...read.value }) : manifest;
}

type ReadImage = Omit<CheckedImage, "manifest">;

/** Whether it is a disk image with a tree under dm-verity, which `exitrd sign --seal` writes. */
export function isSealed(image: Uint8Array): boolean {
  return hasPartitionTable(image);
}

function readArchive(image: Uint8Array, codec: Codec): Checked<ReadImage, ImageProblem> {
  const archive = decompress(image, codec);
  if (!archive.ok) return archive;
  const entries = readCpio(archive.value);
  if (!entries.ok) return entries;
  return accept({
    entries: entries.value,
    unpackedSize: archive.value.length,
    sealed: undefined,
  });
}

function readSealed(image: Uint8Array, codec: Codec): Checked<ReadImage, ImageProblem> {
  const read = readSealedImage(image, codec.sha256);
  if (!read.ok) return read;
  const { entries, sealed } = read.value;
  return accept({ entries, unpackedSize: sealed.tree.data.length, sealed });
}

function decompress(image: Uint8Array, codec: Codec): Checked<Uint8Array, ImageProblem> {
  try {
    return accept(codec.decompress(image, largestImage));
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    return refuse({ kind: "zstd", reason: thrown.message });
  }
}
