// The words of exitrd.conf(5) that both the teardown and the loader use.

/** `ZFS=`: what to do with a ZFS pool that is no longer used. */
export type ZfsPolicy =
  /** Its labels are marked as exported: any machine can import it without force. */
  | "export"
  /** Released, but not marked in the labels: only this machine can import it without force. */
  | "release"
  /** It stays imported, so its devices are not released. */
  | "leave";

/** `Verify=`: whether an image must be signed. */
export type VerifyPolicy =
  /** Nothing is loaded without a valid signature. */
  | "require"
  /** An image with a bad signature is rejected; one without or from an untrusted signer is loaded. */
  | "prefer"
  /** Signatures are ignored. */
  | "off";

/** `Measure=`: whether an image that cannot be measured is loaded. */
export type MeasurePolicy = "require" | "prefer" | "off";

/** `Seal=`: whether only an image that dm-verity checks may be loaded. */
export type SealPolicy = "no" | "verity";
