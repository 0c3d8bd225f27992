/**
 * Two kept C libraries for the command line and the loader, which have to
 * unpack and check a whole image in milliseconds: libzstd and libmd. PID 1
 * does not link them.
 */
declare module "exitrd:codec" {
  /** SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits. */
  export function sha256(data: Uint8Array): string;
  /** SHA-384 and SHA-512, as bytes. */
  export function sha384(data: Uint8Array): Uint8Array<ArrayBuffer>;
  export function sha512(data: Uint8Array): Uint8Array<ArrayBuffer>;
  /** One zstd frame (RFC 8878) with content size and checksum; `level` 1 to 22. */
  export function zstdCompress(data: Uint8Array, level: number): Uint8Array<ArrayBuffer>;
  /**
   * The contents of one or more zstd frames. Throws an Error that says what is wrong: not
   * zstd, truncated, checksum, or more than `max` bytes.
   */
  export function zstdDecompress(data: Uint8Array, max: number): Uint8Array<ArrayBuffer>;
}
