import { composeImage, type ImageInput } from "../image/compose-image.ts";
import type { CpioEntry } from "../image/cpio-entry.ts";
import { writeCpio } from "../image/write-cpio.ts";
import type { Codec } from "../port/loader.ts";

/**
 * A program of 500 KiB is compressed to 250 KiB in 0.12 s by level 19, to 272 KiB in 0.03 s by
 * level 12; level 22 is no better than 19. The image is part of every initrd, so size wins.
 */
const compressionLevel = 19;

/** Makes an image; the same input gives the same bytes. `mtime` in seconds since the epoch. */
export function makeImage(input: ImageInput, mtime: number, codec: Codec): Uint8Array {
  return packImage(composeImage(input, codec.sha256), mtime, codec);
}

/** The same for entries that are already composed. */
export function packImage(entries: readonly CpioEntry[], mtime: number, codec: Codec): Uint8Array {
  return codec.compress(writeCpio(entries, mtime), compressionLevel);
}
