/** A compression that the kernel unpacks an initrd with. */
export type Compression = "zstd" | "gzip" | "xz" | "lz4" | "lzma" | "bzip2" | "lzo";

/** The first bytes (kernel: lib/decompress.c). */
const magics: readonly (readonly [Compression, string])[] = [
  ["zstd", "\x28\xb5\x2f\xfd"],
  ["gzip", "\x1f\x8b"],
  ["xz", "\xfd7zXZ"],
  // The old format of `lz4 -l`, the only one that the kernel knows.
  ["lz4", "\x02\x21\x4c\x18"],
  ["lzma", "\x5d\x00\x00"],
  ["bzip2", "BZh"],
  ["lzo", "\x89LZO"],
];

/** Undefined if `start`, the first six bytes, belongs to no format that the kernel knows. */
export function findCompression(start: string): Compression | undefined {
  return magics.find(([, magic]) => start.startsWith(magic))?.[0];
}
