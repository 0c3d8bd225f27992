// The words of exitrd.conf(5) that both the teardown and the loader use.

/** `ZFS=`: what becomes of a ZFS pool once nothing uses it. */
export type ZfsPolicy =
  /** Its labels say "exported": any machine imports it without force. */
  | "export"
  /** As good, but the labels say nothing: only this machine imports it without force. */
  | "release"
  /** It stays imported, and so does what it lies on. */
  | "leave";

/** `Verify=`: whether an image has to be signed. */
export type VerifyPolicy =
  /** Nothing is loaded without a good signature. */
  | "require"
  /** A bad signature is refused; an image without one, or with a stranger's, is loaded. */
  | "prefer"
  /** Signatures are not looked at. */
  | "off";

/** `Measure=`: whether an image that cannot be measured is loaded. */
export type MeasurePolicy = "require" | "prefer" | "off";

/** `Seal=`: whether only an image that dm-verity checks may be loaded. */
export type SealPolicy = "no" | "verity";
