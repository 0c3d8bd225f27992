/** `Verify=` of exitrd.conf(5). */
export type VerifyPolicy =
  /** Nothing is loaded without a good signature. */
  | "require"
  /** A bad signature is refused; a missing one, or one by an unknown signer, is not. */
  | "prefer"
  /** Signatures are not looked at. */
  | "off";

/** `Measure=` of exitrd.conf(5): whether an image that cannot be measured is loaded. */
export type MeasurePolicy = "require" | "prefer" | "off";
