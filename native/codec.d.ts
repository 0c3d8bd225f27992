/**
 * libzstd and zlib for the command line and the loader, which must unpack a whole image in
 * milliseconds. PID 1 links neither.
 */
declare module "exitrd:codec" {
  /** One zstd frame (RFC 8878) with content size and checksum; `level` 1 to 22. */
  export function zstdCompress(data: Uint8Array, level: number): Uint8Array<ArrayBuffer>;
  /**
   * The contents of one or more zstd frames. Throws an Error with the reason: not zstd,
   * truncated, checksum, or more than `max` bytes.
   */
  export function zstdDecompress(data: Uint8Array, max: number): Uint8Array<ArrayBuffer>;
  /**
   * Decompresses the zstd frames at the start of `data`, in parts of at most 128 KiB each. Returns
   * their length in bytes, since something else may follow. Also throws what `use` throws.
   */
  export function zstdDecompressEach(
    data: Uint8Array,
    use: (part: Uint8Array<ArrayBuffer>) => void,
  ): number;
  /**
   * Decompresses the gzip member (RFC 1952) at the start of `data`, in parts of at most 128 KiB
   * each. Returns its length in bytes, since others may follow. Throws an Error with the reason, or
   * what `use` throws.
   */
  export function gunzipEach(
    data: Uint8Array,
    use: (part: Uint8Array<ArrayBuffer>) => void,
  ): number;
}
