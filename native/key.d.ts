/**
 * The kernel's key retention service (keyrings(7)), in the style of
 * native/sys.d.ts: for the command line and the loader. PID 1 does not link it.
 */
declare module "exitrd:key" {
  /** add_key(2): the key's serial number. An empty payload is passed as NULL. */
  export function addKey(
    type: string,
    description: string,
    payload: string | Uint8Array,
    keyring: number,
  ): number;
  /** KEYCTL_RESTRICT_KEYRING: restricts which keys can be linked into it from now on. */
  export function restrictKeyring(keyring: number, type: string, restriction: string): void;
  /**
   * KEYCTL_PKEY_VERIFY; `info` as in "enc=pkcs1 hash=sha256". EKEYREJECTED, and in some
   * kernels EBADMSG or EINVAL, if the signature was not made by the key.
   */
  export function pkeyVerify(
    key: number,
    info: string,
    digest: Uint8Array,
    signature: Uint8Array,
  ): void;
  /** KEYCTL_UNLINK. */
  export function unlinkKey(key: number, keyring: number): void;
  export const KEY_SPEC_PROCESS_KEYRING: number;
}
