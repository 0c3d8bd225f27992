// The values of exitrd.conf(5) that both the teardown and the loader use.

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
  /**
   * An image with a bad signature is rejected; one that is unsigned or from an untrusted signer is
   * loaded.
   */
  | "prefer"
  /** Signatures are ignored. */
  | "off";

/** `Measure=`: whether an image is loaded that cannot be measured. */
export type MeasurePolicy = "require" | "prefer" | "off";

/** `Seal=`: whether only images that dm-verity verifies may be loaded. */
export type SealPolicy = "no" | "verity";

/** `Record=`: where the record of a shutdown may be kept by default. */
export const DEFAULT_STORES = ["partition", "esp", "boot", "root", "pstore", "efivar"] as const;
/** The same, with the stores that are used only if they are named. */
export const RECORD_STORES = [...DEFAULT_STORES, "ipmi"] as const;
export type RecordStore = (typeof RECORD_STORES)[number];
