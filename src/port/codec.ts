import type { Digests } from "./digests.ts";

/** Two kept C libraries, see `native/codec.d.ts` and `native/digest.d.ts`. */
export interface Codec extends Digests {
  /** One zstd frame with content size and checksum; `level` 1 to 22. */
  compress(data: Uint8Array, level: number): Uint8Array;
  /** Throws an Error with the reason, also if the result exceeds `max` bytes. */
  decompress(data: Uint8Array, max: number): Uint8Array;
  /** The same in parts of at most 128 KiB, which need no memory for all of it; frames may follow. */
  decompressEach(data: Uint8Array, use: (part: Uint8Array) => void): void;
}
