/** libmd's digests, see `native/digest.d.ts`: lower-case hexadecimal digits. */
export interface Digests {
  sha1(data: Uint8Array): string;
  sha256(data: Uint8Array): string;
  sha384(data: Uint8Array): string;
  sha512(data: Uint8Array): string;
}
