/**
 * libzstd for the command line and the loader, which must unpack a whole image in
 * milliseconds. PID 1 does not link it.
 */
declare module "exitrd:codec" {
  /** One zstd frame (RFC 8878) with content size and checksum; `level` 1 to 22. */
  export function zstdCompress(data: Uint8Array, level: number): Uint8Array<ArrayBuffer>;
  /**
   * The contents of one or more zstd frames. Throws an Error with the reason: not zstd,
   * truncated, checksum, or more than `max` bytes.
   */
  export function zstdDecompress(data: Uint8Array, max: number): Uint8Array<ArrayBuffer>;
  /** The same, part for part, each of at most 128 KiB. Throws what `use` throws, too. */
  export function zstdDecompressEach(
    data: Uint8Array,
    use: (part: Uint8Array<ArrayBuffer>) => void,
  ): void;
}
