import { checkEntries } from "../core/image/check-entries.ts";
import type { CpioEntry } from "../core/image/cpio-entry.ts";
import { largestImage, type Manifest } from "../core/image/manifest.ts";
import { accept, type Checked, refuse } from "../core/image/problem.ts";
import { readCpio } from "../core/image/read-cpio.ts";
import type { Codec } from "../port/codec.ts";

export interface CheckedImage {
  readonly manifest: Manifest;
  /** In the order of unpacking. */
  readonly entries: readonly CpioEntry[];
  /** Bytes of the unpacked archive. */
  readonly unpackedSize: number;
}

/**
 * Unpacks an image in memory and checks all of it, so that nothing is made
 * of a bad one. `machine` as uname -m prints it, or undefined for any.
 */
export function checkImage(
  image: Uint8Array,
  machine: string | undefined,
  codec: Codec,
): Checked<CheckedImage> {
  const archive = decompress(image, codec);
  if (!archive.ok) return archive;
  const entries = readCpio(archive.value);
  if (!entries.ok) return entries;
  const manifest = checkEntries(entries.value, machine, codec.sha256);
  if (!manifest.ok) return manifest;
  return accept({
    manifest: manifest.value,
    entries: entries.value,
    unpackedSize: archive.value.length,
  });
}

function decompress(image: Uint8Array, codec: Codec): Checked<Uint8Array> {
  try {
    return accept(codec.decompress(image, largestImage));
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    return refuse({ kind: "zstd", reason: thrown.message });
  }
}
