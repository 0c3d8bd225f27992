/**
 * Digests of libmd, as lower-case hexadecimal digits: for the manifest, which PID 1
 * checks too, with sha256, and for the banks of a TPM. Programs without exitrd:codec have only
 * sha256.
 */
declare module "exitrd:digest" {
  /** FIPS 180-4, 40 digits: only for SHA-1 banks of TPMs. */
  export function sha1(data: Uint8Array): string;
  /** FIPS 180-4, 64 digits. */
  export function sha256(data: Uint8Array): string;
  /** FIPS 180-4, 96 digits. */
  export function sha384(data: Uint8Array): string;
  /** FIPS 180-4, 128 digits. */
  export function sha512(data: Uint8Array): string;
}
